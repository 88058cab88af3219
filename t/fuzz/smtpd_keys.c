/*
 * smtpd_keys - what dray-tlskey says to dray-smtpd.  A row of records, each one
 * octet what it is, two octets length, content:
 *
 *   R     octets, as they are
 *   F     a frame: its type, then its content
 *   A     somebody asks for a signature: the content is the answer's, behind
 *         its number, in a frame that is there already
 *   N     the same, and no answer comes: the other side goes
 *   H     somebody wants a certificate for the name in the content
 *
 * It is ready only with certificates and secrets, a signature is one that was
 * said, and what is malformed ends the connection.
 */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <openssl/ssl.h>

#include "cmd/dray-smtpd/keyprov.h"
#include "cmd/dray-smtpd/keys.h"
#include "common/field.h"
#include "common/frame.h"
#include "common/mem.h"
#include "common/sock.h"
#include "t/fuzz/fuzz.h"

#define SIGNATURE "signature"

static struct ev_loop *loop;
static char path[64];
static int listener, fd = -1; /* of dray-tlskey */
static SSL_CTX *ctx;
static uint32_t serial;

/* Complaints can be caused at will here. */
FUZZ_QUIET(strerr_warnv)

static void
clean(void)
{
	unlink(path);
}

static void
set_up(void)
{
	loop = ev_default_loop(EVFLAG_NOENV);
	snprintf(path, sizeof path, "/tmp/dray-fuzz-keys.%ld", (long)getpid());
	atexit(clean);
	listener = sock_listen(path, 0600);
	must(listener != -1);
	keyprov_start();
	ctx = SSL_CTX_new(TLS_server_method());
	must(ctx != NULL);
	keys_start(loop, path);
}

static void
say(const void *s, size_t n)
{
	if (n)
		(void)!send(fd, s, n, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void
say_frame(char type, const stralloc *content)
{
	unsigned char head[8] = { 0 };

	field_pack32(head, (uint32_t)content->len + 2);
	head[6] = FRAME_VERSION;
	head[7] = (unsigned char)type;
	say(head, sizeof head);
	say(content->s, content->len);
}

static void
ask(const uint8_t *s, size_t n, int answered)
{
	unsigned char sig[TLSKEY_SIGMAX];
	stralloc a = STRALLOC_ZERO;
	size_t got;

	field_putu32(&a, ++serial);
	mem_check(stralloc_catb(&a, (const char *)s, n));
	if (answered)
		say_frame('S', &a);
	shutdown(fd, SHUT_WR);
	got = keys_sign(1, TLSKEY_SHA256, 0, "text", 4, sig, 64);
	must(got <= 64);
	must(!got || (answered && n == got + 4 && !memcmp(sig, s + 4, got)));
	stralloc_free(&a);
}

static void
choose(const uint8_t *s, size_t n)
{
	char name[256];
	SSL *ssl = SSL_new(ctx);

	must(ssl != NULL);
	n = n < sizeof name ? n : sizeof name - 1;
	memcpy(name, s, n);
	name[n] = '\0';
	if (keys_choose(ssl, n ? name : NULL) == 0) {
		must(keys_ready() && keys_ticket(NULL));
		must(SSL_get_certificate(ssl) != NULL);
		must(SSL_get_privatekey(ssl) != NULL);
	}
	SSL_free(ssl);
}

static void
record(uint8_t what, const uint8_t *s, size_t n)
{
	stralloc f = STRALLOC_ZERO;

	if (what == 'R') {
		say(s, n);
	} else if (what == 'F' && n) {
		mem_check(stralloc_catb(&f, (const char *)s + 1, n - 1));
		say_frame((char)s[0], &f);
	} else if (what == 'A' || what == 'N') {
		ask(s, n, what == 'A');
	} else if (what == 'H') {
		choose(s, n);
	}
	stralloc_free(&f);
	ev_run(loop, EVRUN_NOWAIT);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	size_t len;

	if (!loop)
		set_up();
	must(!keys_ready() && !keys_ticket(NULL));
	keys_want(1);
	fd = sock_accept(listener);
	must(fd != -1);
	while (n >= 3) {
		len = (size_t)data[1] << 8 | data[2];
		len = len < n - 3 ? len : n - 3;
		record(data[0], data + 3, len);
		data += 3 + len;
		n -= 3 + len;
	}
	close(fd);
	keys_want(0);
	return 0;
}
