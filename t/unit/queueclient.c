/* queueclient against a dray-queued that behaves as each test wants. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/field.h"
#include "common/frame.h"
#include "common/queueclient.h"
#include "common/queueproto.h"
#include "common/sock.h"
#include "t/lib/tap.h"

/* What the server does, and what it saw of the last message. */
static struct server {
	struct frame f;
	const char *when; /* frame types that are answered or end it */
	const char *answer; /* octets of a frame's content, or NULL: hang up */
	size_t answer_len;
	unsigned int nth; /* in this message, from 1; others are accepted */
	unsigned int started, accepted; /* messages */
	int isrefused; /* the one that is coming */
	int ended;
	char types[64]; /* each type once, as they came */
	uint64_t octets, said;
	unsigned int nrcpt;
	size_t longest; /* frame */
} sv;

#define PIPED 30000000

static char path[128];
static int listener;

static const struct queueclient_msg plain = { .sender = "s@x.example",
	.stream = "",
	.route = "",
	.tenant = "",
	.campaign = "",
	.envid = "" };

/* The n-th acceptance has the id "id-n". */
static void
accept_it(struct server *s)
{
	char id[16];
	int n = snprintf(id, sizeof id, "id-%u", ++s->accepted);

	frame_begin(&s->f, 'A');
	field_putstr(&s->f.out, id, (size_t)n);
	if (frame_end(&s->f) == -1)
		exit(111);
}

static void
reply(struct server *s)
{
	if (!s->answer) {
		s->ended = 1;
		return;
	}
	frame_begin(&s->f, s->answer[0]);
	if (!stralloc_catb(&s->f.out, s->answer + 1, s->answer_len - 1) ||
	    frame_end(&s->f) == -1)
		exit(111);
}

static void
count_rcpts(struct server *s, struct field *r)
{
	size_t len;

	while (field_left(r) && !r->bad) {
		(void)field_getstr(r, 400, &len);
		(void)field_getu8(r);
		(void)field_getstr(r, 600, &len);
		s->nrcpt++;
	}
}

static void
take_nth(struct server *s, char type)
{
	if (type == 'M') {
		s->started++;
		s->isrefused = 0;
	}
	if (s->started == s->nth && strchr(s->when, type) && !s->isrefused) {
		s->isrefused = 1;
		reply(s);
	} else if (type == 'E' && !s->isrefused) {
		accept_it(s);
	}
}

static int
take(void *ctx, char type, const char *data, size_t len, int fd)
{
	struct server *s = ctx;
	struct field r;
	size_t n = strlen(s->types);

	(void)fd;
	field_start(&r, data, len);
	if (len + 2 > s->longest)
		s->longest = len + 2;
	if ((n == 0 || s->types[n - 1] != type) && n < sizeof s->types - 1)
		s->types[n] = type;
	if (type == 'R')
		count_rcpts(s, &r);
	if (type == 'D')
		s->octets += len;
	if (type == 'E')
		s->said = field_getu64(&r);
	if (s->nth) {
		take_nth(s, type);
	} else if (strchr(s->when, type) && !s->ended) {
		reply(s);
		if (type != 'E')
			s->when = "";
	}
	return s->ended ? -1 : 0;
}

static void *
serve(void *arg)
{
	struct pollfd p = { .events = POLLIN };
	struct server *s = arg;

	p.fd = s->f.fd;
	do {
		if (frame_flush(&s->f) == -1)
			break;
		poll(&p, 1, 10000);
	} while (frame_pump(&s->f, take, s) != -1);
	(void)!frame_flush(&s->f);
	frame_free(&s->f);
	return NULL;
}

struct outcome {
	int rcpt, data, end; /* errno of each, 0 good */
	struct queueclient_verdict v;
};

static struct outcome
talk(struct queueclient *q, unsigned int nrcpt, size_t octets)
{
	static const char line[] = "0123456789012345678901234567890123456789"
				   "012345678901234567890123456789012345\r\n";
	struct outcome o = { 0, 0, 0, { .code = 0 } };
	char addr[40];
	size_t n;

	if (queueclient_start(q, &plain) == -1)
		exit(111);
	for (; nrcpt && !o.rcpt; nrcpt--) {
		snprintf(addr, sizeof addr, "u%u@d.example", nrcpt);
		if (queueclient_rcpt(q, addr, strlen(addr), 0, "") == -1)
			o.rcpt = errno;
	}
	for (; octets && !o.data; octets -= n) {
		n = octets < sizeof line - 1 ? octets : sizeof line - 1;
		if (queueclient_data(q, line, n) == -1)
			o.data = errno;
	}
	if (queueclient_end(q, &o.v) == -1)
		o.end = errno;
	return o;
}

/* Starts the server that sv tells. */
static struct queueclient *
start(pthread_t *t)
{
	struct queueclient *q = queueclient_open(path);

	if (!q)
		exit(111);
	frame_init(&sv.f, sock_accept(listener), QUEUE_FRAMEMAX, 0);
	if (pthread_create(t, NULL, serve, &sv) != 0)
		exit(111);
	return q;
}

static struct outcome
with(const char *when, const char *answer, size_t len, unsigned int nrcpt,
    size_t octets, int times)
{
	struct queueclient *q;
	struct outcome o;
	pthread_t t;

	memset(&sv, 0, sizeof sv);
	sv.when = when;
	sv.answer = answer;
	sv.answer_len = len;
	q = start(&t);
	do
		o = talk(q, nrcpt, octets);
	while (--times > 0 && !o.end);
	queueclient_close(q);
	pthread_join(t, NULL);
	return o;
}

#define WITH(when, answer, nrcpt, octets, times) \
	with(when, answer, sizeof(answer) - 1, nrcpt, octets, times)

#define TAKEN "A\0\0\0\5id-17"
#define LATER        \
	"N4\0\0\0\5" \
	"4.3.1\0\0\0\4full"
#define NEVER        \
	"N5\0\0\0\5" \
	"5.3.4\0\0\0\11too large"

static void
accepted(void)
{
	struct outcome o = WITH("E", TAKEN, 1, 100, 1);

	ok(!o.rcpt && !o.data && !o.end && o.v.code == 'A', "accepted");
	is_str(o.v.id, "id-17", "its id");
	is_str(sv.types, "MRDE", "frames in order");
	ok(sv.nrcpt == 1 && sv.octets == 100 && sv.said == 100, "as given");
	o = WITH("E", TAKEN, 1, 0, 1);
	ok(!o.end && o.v.code == 'A' && sv.said == 0, "an empty message");
	is_str(sv.types, "MRE", "has no data");
	o = WITH("E", TAKEN, 0, 10, 1);
	ok(!o.end && o.v.code == 'A',
	    "without recipients it is asked all the "
	    "same");
	o = WITH("E", TAKEN, 20000, 3000000, 1);
	ok(!o.end && sv.nrcpt == 20000 && sv.octets == 3000000 &&
		sv.said == 3000000,
	    "a large one");
	ok(sv.longest <= QUEUE_FRAMEMAX, "in frames that are not too large");
	o = WITH("E", TAKEN, 3, 100, 5);
	ok(!o.end && sv.nrcpt == 15 && sv.octets == 500 && sv.said == 100,
	    "several, one after the other");
}

static void
refused(void)
{
	struct outcome o = WITH("E", LATER, 1, 100, 1);

	ok(!o.end && o.v.code == 'T', "refused for the time being");
	is_str(o.v.status, "4.3.1", "with a status");
	is_str(o.v.text, "full", "and a text");
	o = WITH("E", NEVER, 1, 100, 1);
	ok(!o.end && o.v.code == 'P', "refused for good");
	is_str(o.v.status, "5.3.4", "with a status");
}

/* The server reads on, as dray-queued does. */
static void
refused_early(void)
{
	struct outcome o = WITH("D", NEVER, 1, 30000000, 1);

	ok(o.data == EPIPE, "refused early: no more data is wanted");
	ok(!o.end && o.v.code == 'P', "and the verdict is there");
	is_str(o.v.text, "too large", "all of it");
	ok(sv.octets < 30000000, "the rest is not sent");
	o = WITH("M", LATER, 1, 10, 1);
	ok(!o.end && o.v.code == 'T', "refused at once");
	o = WITH("R", NEVER, 500000, 10, 1);
	ok(!o.end && o.v.code == 'P', "refused for its recipients");
}

static void
gone(void)
{
	struct outcome o;

	o = with("E", NULL, 0, 1, 100, 1);
	ok(o.end, "hung up on instead of a verdict");
	ok(!o.v.code, "there is none");
	o = with("D", NULL, 0, 1, 30000000, 1);
	ok(o.data && o.end && !o.v.code, "hung up on within the message");
	o = with("M", NULL, 0, 1, 0, 1);
	ok(o.end && !o.v.code, "hung up on at once");
}

/* Starts a server that does this in the nth message. */
static struct queueclient *
start_nth(unsigned int nth, const char *when, const char *answer, size_t len,
    pthread_t *t)
{
	memset(&sv, 0, sizeof sv);
	sv.nth = nth;
	sv.when = when;
	sv.answer = answer;
	sv.answer_len = len;
	return start(t);
}

static int
send_one(struct queueclient *q, size_t octets)
{
	static char b[PIPED];

	if (queueclient_start(q, &plain) == -1 ||
	    queueclient_rcpt(q, "u@d.example", 11, 0, "") == -1)
		return -1;
	return queueclient_data(q, b, octets);
}

/* How many of n messages can be handed in one after the other. */
static unsigned int
send_many(struct queueclient *q, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		if (send_one(q, 1000) == -1 || queueclient_finish(q) == -1)
			break;
	return i;
}

/* How many of n verdicts are acceptances with the ids from "id-first" on. */
static unsigned int
accepted_in_order(struct queueclient *q, unsigned int first, unsigned int n)
{
	struct queueclient_verdict v;
	unsigned int i;
	char id[16];

	for (i = 0; i < n; i++) {
		snprintf(id, sizeof id, "id-%u", first + i);
		if (queueclient_verdict(q, &v) == -1 || v.code != 'A' ||
		    strcmp(v.id, id) != 0)
			break;
	}
	return i;
}

static void
many(void)
{
	pthread_t t;
	struct queueclient *q = start_nth(1000, "E", NULL, 0, &t);

	is_int(send_many(q, QUEUECLIENT_AHEAD), QUEUECLIENT_AHEAD,
	    "many before the first verdict is taken");
	ok(queueclient_start(q, &plain) == -1 && errno == EBUSY,
	    "there is an end to it");
	is_int(accepted_in_order(q, 1, 10), 10, "verdicts come in order");
	is_int(send_many(q, 10), 10, "then as many may be sent again");
	ok(queueclient_start(q, &plain) == -1 && errno == EBUSY,
	    "and not more");
	is_int(accepted_in_order(q, 11, QUEUECLIENT_AHEAD), QUEUECLIENT_AHEAD,
	    "all have their verdict");
	queueclient_close(q);
	pthread_join(t, NULL);
}

static void
many_one_refused_early(void)
{
	struct queueclient_verdict v;
	pthread_t t;
	struct queueclient *q = start_nth(3, "D", NEVER, sizeof NEVER - 1, &t);

	is_int(send_many(q, 2), 2, "two are sent");
	ok(send_one(q, PIPED) == -1 && errno == EPIPE,
	    "the third is refused early");
	is_int(queueclient_finish(q), 0, "it is ended");
	is_int(send_many(q, 2), 2, "two more are sent");
	is_int(accepted_in_order(q, 1, 2), 2, "the first two are accepted");
	ok(queueclient_verdict(q, &v) == 0 && v.code == 'P',
	    "the third is refused");
	is_str(v.text, "too large", "with its text");
	is_int(accepted_in_order(q, 3, 2), 2, "the others are accepted");
	ok(sv.octets < PIPED, "without sending all of the third");
	queueclient_close(q);
	pthread_join(t, NULL);
}

static void
many_hung_up(void)
{
	struct queueclient_verdict v;
	pthread_t t;
	struct queueclient *q = start_nth(3, "D", NULL, 0, &t);

	is_int(send_many(q, 2), 2, "two are sent");
	ok(send_one(q, PIPED) == -1, "hung up on in the third");
	ok(queueclient_finish(q) == -1, "it cannot be ended");
	is_int(accepted_in_order(q, 1, 2), 2, "the first two are accepted");
	ok(queueclient_verdict(q, &v) == -1 && errno, "there is no more");
	queueclient_close(q);
	pthread_join(t, NULL);
}

/* 159 octets are the longest id, 11 the longest status, 259 the longest text. */
static void
bad_verdicts(void)
{
	static char big[400];
	struct outcome o;

	o = WITH("E", "A", 1, 10, 1);
	is_int(o.end, EPROTO, "an acceptance without an id");
	o = WITH("E", TAKEN "x", 1, 10, 1);
	is_int(o.end, EPROTO, "an octet too many");
	o = WITH("E", "A\0\0\0\7id-17", 1, 10, 1);
	is_int(o.end, EPROTO, "cut short");
	o = WITH("E", "X", 1, 10, 1);
	is_int(o.end, EPROTO, "an unknown answer");
	o = WITH("E",
	    "N4\0\0\0\14"
	    "4.3.1.......\0\0\0\0",
	    1, 10, 1);
	is_int(o.end, EPROTO, "a status that is too long");
	memset(big, 'x', sizeof big);
	memcpy(big, "A\0\0\0\237", 5);
	o = with("E", big, 5 + 159, 1, 10, 1);
	ok(!o.end && strlen(o.v.id) == 159, "the longest id");
	big[4] = (char)160;
	o = with("E", big, 5 + 160, 1, 10, 1);
	is_int(o.end, EPROTO, "one that is longer");
}

int
main(void)
{
	const char *tmp = getenv("TMPDIR");

	signal(SIGPIPE, SIG_IGN);
	snprintf(path, sizeof path, "%s/dray-queueclient.%d",
	    tmp ? tmp : "/tmp", (int)getpid());
	ok(!queueclient_open(path) && errno == ENOENT, "nobody is there");
	listener = sock_listen(path, 0600);
	if (listener == -1)
		return 111;
	accepted();
	refused();
	refused_early();
	gone();
	bad_verdicts();
	many();
	many_one_refused_early();
	many_hung_up();
	close(listener);
	ok(!queueclient_open(path) && errno == ECONNREFUSED, "gone for good");
	unlink(path);
	return done_testing();
}
