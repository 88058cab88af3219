/*
 * tlskey_client - what a client says to dray-tlskey.  A row of records, each one
 * octet what it is, one octet length, content:
 *
 *   R     octets, as they are
 *   S     a question, well framed: hash, padding, whether there is such a key,
 *         and the rest is what is to be signed
 *   L     the certificates have changed
 *   T     the secrets for tickets have
 *   C     the client goes, and another one comes
 *
 * Each well-framed question has one answer, which verifies or is empty.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <openssl/ec.h>
#include <openssl/evp.h>

#include "cmd/dray-tlskey/client.h"
#include "cmd/dray-tlskey/secret.h"
#include "cmd/dray-tlskey/store.h"
#include "common/field.h"
#include "common/frame.h"
#include "common/mem.h"
#include "common/tlskeyproto.h"
#include "t/fuzz/fuzz.h"

#define ID 7

static struct ev_loop *loop;
static struct sockaddr_un where;
static EVP_PKEY *key;
static struct frame client;
static unsigned int asked, answered, lists, chains, tickets;
static int raw; /* who knows what was asked */
static const uint8_t *text; /* of the last question */
static size_t ntext;
static uint8_t hash;

/* Complaints can be caused at will here. */
FUZZ_QUIET(strerr_warnv)

/* In the place of the files. */
unsigned int
store_count(void)
{
	return 2;
}

void
store_put(unsigned int i, stralloc *out)
{
	field_putu32(out, ID + i);
	field_putu8(out, 1);
	field_putstr(out, "certificate", 11);
}

EVP_PKEY *
store_key(uint32_t id)
{
	return id == ID ? key : NULL;
}

static void
verify(const char *sig, size_t n)
{
	const EVP_MD *md = hash == TLSKEY_SHA256 ? EVP_sha256()
	    : hash == TLSKEY_SHA384		 ? EVP_sha384()
						 : EVP_sha512();
	EVP_MD_CTX *c = EVP_MD_CTX_new();

	must(EVP_DigestVerifyInit(c, NULL, md, NULL, key) == 1);
	must(EVP_DigestVerify(c, (const unsigned char *)sig, n, text, ntext) ==
	    1);
	EVP_MD_CTX_free(c);
}

static int
heard(void *ctx, char type, const char *data, size_t len, int fd)
{
	struct field r;
	const char *sig;
	uint8_t n;
	size_t k;

	(void)ctx;
	must(fd == -1);
	field_start(&r, data, len);
	if (type == 'S') {
		must(raw || field_getu32(&r) == answered + 1);
		if (raw)
			(void)field_getu32(&r);
		sig = field_getstr(&r, TLSKEY_SIGMAX, &k);
		if (k && !raw)
			verify(sig, k);
		answered++;
	} else if (type == 'L') {
		must(field_getu32(&r) == 2);
		lists++;
	} else if (type == 'C') {
		must(field_getu32(&r) >= ID && field_getu8(&r) == 1);
		(void)field_getstr(&r, TLSKEY_DERMAX, &k);
		chains++;
	} else {
		must(type == 'T');
		n = field_getu8(&r);
		must(n >= 1 && n <= TLSKEY_TICKETS);
		must(field_getb(&r, n * (TLSKEY_NAME + 2 * TLSKEY_SECRET)) !=
		    NULL);
		tickets++;
	}
	must(field_end(&r));
	return 0;
}

static void
leave(void)
{
	if (client.fd != -1)
		frame_free(&client);
	client.fd = -1;
}

/* What waits is taken in, and goes out. */
static void
turn(void)
{
	int r = 1;

	ev_run(loop, EVRUN_NOWAIT);
	ev_run(loop, EVRUN_NOWAIT); /* answers leave before it sleeps */
	while (r == 1 && client.fd != -1)
		r = frame_pump(&client, heard, NULL);
	if (r == -1) {
		must(raw && (errno == 0 || errno == ECONNRESET));
		leave();
	}
}

static void
come(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	leave();
	must(fd != -1 &&
	    connect(fd, (struct sockaddr *)&where, sizeof where) == 0);
	frame_init(&client, fd, FRAME_MAX, 0);
	asked = answered = lists = chains = tickets = 0;
	raw = 0;
	turn();
	turn();
	must(lists == 1 && chains == 2 && tickets == 1);
}

static void
set_up(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	loop = ev_default_loop(EVFLAG_NOENV);
	key = EVP_EC_gen("P-256");
	must(key != NULL);
	secret_next();
	where.sun_family = AF_UNIX;
	snprintf(where.sun_path + 1, sizeof where.sun_path - 1,
	    "dray-fuzz-tlskey-%ld", (long)getpid());
	must(bind(fd, (struct sockaddr *)&where, sizeof where) == 0 &&
	    listen(fd, 100) == 0);
	client_start(loop, fd);
	client.fd = -1;
}

static void
ask(const uint8_t *s, size_t n)
{
	if (client.fd == -1 || n < 3)
		return;
	hash = s[0] % 5;
	text = s + 3;
	ntext = n - 3;
	frame_begin(&client, 'S');
	field_putu32(&client.out, ++asked);
	field_putu32(&client.out, s[2] & 1 ? ID : ID + 9);
	field_putu8(&client.out, hash);
	field_putu8(&client.out, s[1] % 3);
	field_putstr(&client.out, text, ntext);
	must(frame_end(&client) == 0);
	if (frame_flush(&client) == -1)
		leave();
}

static void
record(uint8_t what, const uint8_t *s, size_t n)
{
	if (what == 'R' && client.fd != -1) {
		(void)!send(client.fd, s, n, MSG_NOSIGNAL | MSG_DONTWAIT);
		raw = 1;
	} else if (what == 'S') {
		ask(s, n);
	} else if (what == 'L') {
		client_tell();
	} else if (what == 'T') {
		secret_next();
		client_tickets();
	} else if (what == 'C') {
		come();
	}
	turn();
	must(client.fd == -1 || raw || asked == answered);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	size_t len;

	if (!loop)
		set_up();
	come();
	while (n >= 2) {
		len = data[1] < n - 2 ? data[1] : n - 2;
		record(data[0], data + 2, len);
		data += 2 + len;
		n -= 2 + len;
	}
	leave();
	turn();
	return 0;
}
