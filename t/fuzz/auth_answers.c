/*
 * auth_answers - what dray-auth says to dray-smtpd.  A row of records, each one
 * octet what it is, one octet length, content:
 *
 *   K, T  a session asks whether a password is good, or takes a message
 *   G     and gives one back
 *   F     the owner of the oldest question goes
 *   A     the oldest question has that answer: the verdict, and what is behind
 *   R     octets, as they are
 *   E     the connection ends
 *
 * Each question has one answer, unless its owner went.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cmd/dray-smtpd/authclient.h"
#include "common/authproto.h"
#include "common/keyhash.h"
#include "common/sock.h"
#include "t/fuzz/fuzz.h"

#define MOST 256

static struct ev_loop *loop;
static struct authclient *c;
static int peer = -1;

/* Those that have no answer, the oldest first. */
static struct question {
	struct auth_ask *ask;
	int is, take, gone;
	uint32_t id;
} questions[MOST];
static uint32_t nask; /* all that were asked, of any input */
static unsigned int n0, n1; /* those of this input */

FUZZ_QUIET(strerr_warnv)

/* In the place of the real one. */
int
sock_connect_nonblock(const char *path)
{
	int fd[2];

	(void)path;
	if (peer != -1)
		close(peer);
	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd) == 0);
	peer = fd[1];
	return fd[0];
}

static void
on_answer(void *owner, const struct auth_answer *a)
{
	struct question *q = owner;

	must(q->is && !q->gone);
	must(!a->day || q->take);
	q->is = 0;
}

static void
turn(void)
{
	char b[65536];

	ev_run(loop, EVRUN_NOWAIT);
	ev_run(loop, EVRUN_NOWAIT);
	while (peer != -1 && recv(peer, b, sizeof b, 0) > 0)
		;
}

static struct question *
oldest(void)
{
	while (n0 < n1 && (!questions[n0].is || questions[n0].gone))
		n0++;
	return n0 < n1 ? &questions[n0] : NULL;
}

static void
ask(int take)
{
	const struct net_addr addr = { .family = 4 };
	const struct sasl s = { "user", 4, "password", 8 };
	struct question *q = &questions[n1];

	if (n1 == MOST)
		return;
	q->is = 1;
	q->take = take;
	q->gone = 0;
	q->ask = take ? authclient_take(c, "user", on_answer, q)
		      : authclient_check(c, &addr, &s, on_answer, q);
	must(q->ask != NULL);
	q->id = ++nask;
	n1++;
}

static void
say(const void *s, size_t n)
{
	if (peer != -1)
		(void)!send(peer, s, n, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void
answer(const uint8_t *s, size_t n)
{
	const struct question *q = oldest();
	unsigned char b[512] = { 0, 0, 0, 0, 0, 0, 1 };

	if (!q)
		return;
	b[3] = (unsigned char)(6 + n);
	b[7] = q->take ? 'T' : 'V';
	b[8] = (unsigned char)(q->id >> 24);
	b[9] = (unsigned char)(q->id >> 16);
	b[10] = (unsigned char)(q->id >> 8);
	b[11] = (unsigned char)q->id;
	if (n > 249)
		n = 249;
	memcpy(b + 12, s, n);
	say(b, 12 + n);
}

static void
record(uint8_t what, const uint8_t *s, size_t n)
{
	struct question *q;

	if (what == 'K' || what == 'T') {
		ask(what == 'T');
	} else if (what == 'G') {
		authclient_give(c, "user", 7);
	} else if (what == 'A') {
		answer(s, n);
	} else if (what == 'R') {
		say(s, n);
	} else if (what == 'F' && (q = oldest())) {
		authclient_forget(q->ask);
		q->gone = 1;
	} else if (what == 'E' && peer != -1) {
		close(peer);
		peer = -1;
	}
	turn();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	unsigned int i;

	if (!loop) {
		loop = ev_default_loop(EVFLAG_NOENV);
		keyhash_start();
		c = authclient_new(loop, "nowhere");
	}
	n0 = n1 = 0;
	fuzz_records(record, data, n);
	if (peer != -1)
		close(peer);
	peer = -1;
	turn();
	for (i = 0; i < n1; i++)
		must(!questions[i].is || questions[i].gone);
	return 0;
}
