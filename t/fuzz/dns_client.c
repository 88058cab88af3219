/*
 * dns_client - what clients say to dray-dns, with a resolver that answers what
 * the input says, when it says so.  A row of records, each one octet what it
 * is, one octet length, content:
 *
 *   R     octets, as they are
 *   Q     a question for that name, well framed
 *   T     the same for its TXT records
 *   A     the resolver answers the oldest question: the first octet is what
 *         validation said, the rest the message
 *   S     the same for the newest question
 *   N     the resolver answers the next question at once, with that message
 *   C     the client goes, and another one comes
 *
 * Each well-framed question is answered, once; at the end nothing is left over.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "cmd/dray-dns/client.h"
#include "cmd/dray-dns/question.h"
#include "cmd/dray-dns/resolver.h"
#include "common/dnsproto.h"
#include "common/field.h"
#include "common/frame.h"
#include "common/keyhash.h"
#include "common/mem.h"
#include "t/fuzz/fuzz.h"

#define PENDING 4096

struct pending {
	resolver_fn *fn;
	void *ctx;
};

static struct ev_loop *loop;
static struct sockaddr_un where;
static struct pending pending[PENDING];
static unsigned int npending;
static const uint8_t *now; /* for the next question */
static size_t nnow;
static struct frame client;
static unsigned int asked, answered;

/* Complaints can be caused at will here. */
FUZZ_QUIET(strerr_warnv)

static void
give(struct pending p, const uint8_t *s, size_t n)
{
	if (n < 2)
		p.fn(p.ctx, "SERVFAIL", 0, MX_INSECURE);
	else
		p.fn(p.ctx, s + 1, n - 1, s[0] % 3);
}

/* In the place of the real one. */
void
resolver_ask(const char *name, int type, resolver_fn *fn, void *ctx)
{
	struct pending p = { fn, ctx };
	size_t n = nnow;

	must(dnsmsg_isname(name, strlen(name)) && type > 0);
	nnow = 0;
	if (n || npending == PENDING)
		give(p, now, n);
	else
		pending[npending++] = p;
}

static void
answer(unsigned int i, const uint8_t *s, size_t n)
{
	struct pending p;

	if (i >= npending)
		return;
	p = pending[i];
	npending--;
	memmove(&pending[i], &pending[i + 1], (npending - i) * sizeof p);
	give(p, s, n);
}

static int
heard(void *ctx, char type, const char *data, size_t len, int fd)
{
	struct field r;
	size_t n;

	(void)ctx;
	must((type == 'M' || type == 'T') && fd == -1);
	field_start(&r, data, len);
	field_getu32(&r);
	must(field_getu8(&r) <= DNS_TEMP);
	n = field_getu32(&r);
	must(n >= 1 && n <= DNS_TTLMAX);
	answered++;
	return 0;
}

/* What waits is taken in, and goes out. */
static void
turn(void)
{
	int r = 1;

	ev_run(loop, EVRUN_NOWAIT);
	question_run();
	ev_run(loop, EVRUN_NOWAIT); /* answers leave before it sleeps */
	while (r == 1 && client.fd != -1)
		r = frame_pump(&client, heard, NULL);
	if (r == -1 && client.fd != -1) {
		/* It was malformed: nothing more is said. */
		must(errno == 0 || errno == ECONNRESET);
		frame_free(&client);
		client.fd = -1;
	}
}

static void
come(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	must(fd != -1);
	if (client.fd != -1)
		frame_free(&client);
	must(connect(fd, (struct sockaddr *)&where, sizeof where) == 0);
	frame_init(&client, fd, DNS_FRAME_MAX, 0);
	asked = answered = 0;
	turn();
}

static void
set_up(void)
{
	static struct policy_dns p = {
		.lookups = 4, .answers = 3, .timeout = 300
	};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	loop = ev_default_loop(EVFLAG_NOENV);
	where.sun_family = AF_UNIX;
	snprintf(where.sun_path + 1, sizeof where.sun_path - 1,
	    "dray-fuzz-dns-%ld", (long)getpid());
	must(bind(fd, (struct sockaddr *)&where, sizeof where) == 0 &&
	    listen(fd, 100) == 0);
	keyhash_start();
	question_start(loop, &p);
	client_start(loop, fd);
	client.fd = -1;
}

static void
say(const void *s, size_t n)
{
	if (client.fd != -1)
		(void)!send(client.fd, s, n, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void
ask(char type, const uint8_t *name, size_t n)
{
	if (client.fd == -1)
		return;
	frame_begin(&client, type);
	field_putu32(&client.out, asked++);
	field_putstr(&client.out, name, n);
	must(frame_end(&client) == 0);
	if (frame_flush(&client) == -1) {
		frame_free(&client);
		client.fd = -1;
	}
}

static void
record(uint8_t what, const uint8_t *s, size_t n)
{
	if (what == 'R') {
		say(s, n);
		asked = UINT32_MAX / 2; /* who knows */
	} else if (what == 'Q') {
		ask('M', s, n);
	} else if (what == 'T') {
		ask('T', s, n);
	} else if (what == 'A') {
		answer(0, s, n);
	} else if (what == 'S') {
		answer(npending - 1, s, n);
	} else if (what == 'N') {
		now = s;
		nnow = n;
	} else if (what == 'C') {
		come();
	}
	turn();
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
	nnow = 0;
	while (npending) {
		answer(0, NULL, 0);
		turn();
	}
	turn();
	must(client.fd == -1 || asked >= UINT32_MAX / 2 || asked == answered);
	return 0;
}
