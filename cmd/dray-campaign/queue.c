#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "campaign.h"
#include "common/base.h"
#include "common/queueclient.h"

#define RCPTS 20000 /* of a chunk */
#define OCTETS (3u << 20) /* of its rows; more where the program is large */
#define SPREAD_STEP 60 /* seconds between two chunks that are spread */
#define SPREAD_MOST 1000 /* chunks */
#define AHEAD 2 /* chunks without a verdict */

struct queueing {
	struct campaign *c;
	struct queueclient *q;
	struct queueclient_campaign was;
	struct chunks k;
	struct when when;
	uint32_t chunk; /* the one that is at hand */
	uint32_t left; /* of its recipients */
	int skip; /* it is queued already */
	unsigned int wait; /* verdicts that have not come */
	uint64_t done, suppressed;
};

static struct queueclient *
connect_queue(const struct campaign *c)
{
	char path[BASE_PATHMAX];
	struct queueclient *q;

	base_path(path, c->o.base, "sock/queue");
	q = queueclient_open(path);
	if (!q)
		say_die(111, "unable to reach dray-queued at %s: %s", path,
		    strerror(errno));
	return q;
}

/* Before the list, which may take a while. */
void
queue_look(const struct campaign *c)
{
	queueclient_close(connect_queue(c));
}

static void
lost(void)
{
	say_die(111,
	    "dray-queued hung up (%s); run it again, what is queued stays "
	    "queued",
	    errno ? strerror(errno) : "no reason given");
}

/* Returns how many are on the suppression list. */
static uint64_t
take_verdict(struct queueclient *q)
{
	struct queueclient_verdict v;

	if (queueclient_verdict(q, &v) == -1)
		lost();
	if (v.code == 'A')
		return v.suppressed;
	say_die(v.code == 'P' ? 100 : 111, "dray-queued: %s %s%s", v.status,
	    say_quoted(v.text, strlen(v.text)),
	    v.code == 'P' ? "" : "; run it again, what is queued stays queued");
}

static void
fill(const struct campaign *c, struct queueclient_msg *m)
{
	memset(m, 0, sizeof *m);
	m->sender = c->t.sender;
	m->stream = c->o.stream ? c->o.stream : "";
	m->tenant = c->o.tenant ? c->o.tenant : "";
	m->route = c->o.route ? c->o.route : "";
	m->campaign = c->o.id;
	m->envid = "";
	m->lifetime = c->o.lifetime;
	m->flags = QUEUE_MERGE;
}

static void
begin(struct queueing *u)
{
	struct queueclient_msg m;

	fill(u->c, &m);
	m.flags |= QUEUE_CHUNK;
	m.chunk = u->chunk;
	m.chunks = u->k.n;
	m.digest = u->k.digest[u->chunk];
	m.all = u->k.all;
	m.began = u->was.began;
	if (u->when.at || u->when.windows.len) {
		m.flags |= QUEUE_TIMES;
		m.start = when_start(&u->when, u->chunk, u->k.n);
		m.windows = u->when.windows.s;
		m.nwindows = u->when.windows.len;
	}
	if (queueclient_start(u->q, &m) == -1)
		lost();
}

/* After an early refusal nothing more of it is wanted; its verdict tells. */
static void
send_end(struct queueclient *q, const stralloc *program)
{
	if (queueclient_data(q, program->s, program->len) == -1 &&
	    errno != EPIPE)
		lost();
	if (queueclient_finish(q) == -1 && errno != EPIPE)
		lost();
}

static int
is_queued(const struct queueing *u, uint32_t chunk)
{
	return u->was.bits[chunk / 8] >> chunk % 8 & 1;
}

static int
put(void *arg, const struct record *r)
{
	struct queueing *u = arg;

	if (u->left == 0) {
		u->left = u->k.rcpts[u->chunk];
		u->skip = is_queued(u, u->chunk);
		if (!u->skip)
			begin(u);
	}
	if (!u->skip &&
	    queueclient_row(
		u->q, r->address, r->address_len, r->row, r->row_len) == -1 &&
	    errno != EPIPE)
		lost();
	u->done++;
	if (--u->left)
		return 0;
	if (!u->skip) {
		send_end(u->q, &u->c->t.program);
		u->wait++;
	}
	u->chunk++;
	for (; u->wait >= AHEAD; u->wait--)
		u->suppressed += take_verdict(u->q);
	progress_show("queued", u->done, u->k.recipients, &u->c->o);
	return 0;
}

/* What was known of it decides: all of it, the rest, nothing, or an error. */
static int
is_to_do(struct queueing *u)
{
	const struct campaign *c = u->c;

	switch (u->was.known) {
	case 0:
		u->was.began = (uint64_t)time(NULL);
		return 1;
	case 2:
		say_die(100, "campaign %s is another user's", c->o.id);
	case 3:
		say_die(111, "dray-queued cannot read what it knows of %s",
		    c->o.id);
	}
	if (u->was.chunks != u->k.n ||
	    memcmp(u->was.digest, u->k.all, LEDGER_DIGEST) != 0)
		say_die(100,
		    "campaign %s is queued already, with other input: "
		    "another list, template, sender or time; give this one "
		    "another id",
		    c->o.id);
	if (u->was.accepted < u->was.chunks)
		return 1;
	if (!c->o.quiet)
		say_line("campaign %s: already queued (%llu recipients)",
		    c->o.id, (unsigned long long)u->was.recipients);
	return 0;
}

/* Of the size that memory and the spread ask for. */
static void
cut(struct queueing *u)
{
	struct campaign *c = u->c;
	uint64_t over = when_over(&c->o), n, most = RCPTS, octets = OCTETS;
	struct policy_queue limit;

	if (over) {
		n = over / SPREAD_STEP < SPREAD_MOST ? over / SPREAD_STEP
						     : SPREAD_MOST;
		n = n ? (c->n.accepted + n - 1) / n : most;
		most = n < most ? n : most;
	}
	if (c->t.haspolicy) {
		policy_queue(&c->t.policy, &limit);
		if (limit.max_recipients < most)
			most = limit.max_recipients;
	}
	if (c->t.program.len > OCTETS / 4)
		octets *= 3;
	chunks_cut(&u->k, c, (uint32_t)most, octets);
	if (u->k.n > LEDGER_CHUNKS)
		say_die(
		    100, "the list makes more than %d chunks", LEDGER_CHUNKS);
}

int
queue_all(struct campaign *c)
{
	static struct queueing u;

	u.c = c;
	cut(&u);
	u.q = connect_queue(c);
	if (queueclient_ask(u.q, c->o.id, &u.was) == -1)
		lost();
	if (!is_to_do(&u)) {
		queueclient_close(u.q);
		return 0;
	}
	when_read(&u.when, &c->o, (time_t)u.was.began);
	if (!u.was.known)
		when_warn(&u.when, &c->o, (time_t)u.was.began);
	interrupt_says("a part of campaign %s may be queued; run it again for "
		       "the rest, or dray-ctl remove --campaign %s",
	    c->o.id, c->o.id);
	(void)parts_walk(c->parts, put, &u);
	for (; u.wait; u.wait--)
		u.suppressed += take_verdict(u.q);
	queueclient_close(u.q);
	c->n.suppressed = u.suppressed;
	c->n.accepted -= u.suppressed;
	interrupt_says(NULL);
	progress_end();
	if (!c->o.quiet)
		say_line("campaign %s: queued%s", c->o.id,
		    u.was.accepted ? ", the rest of it" : "");
	return 1;
}

struct testing {
	struct campaign *c;
	struct queueclient *q;
};

static int
put_test(void *arg, const struct record *r)
{
	const struct testing *u = arg;
	struct queueclient_msg m;
	const char *to = u->c->o.test;

	fill(u->c, &m);
	m.campaign = "";
	if (queueclient_start(u->q, &m) == -1 ||
	    queueclient_row(u->q, to, strlen(to), r->row, r->row_len) == -1)
		lost();
	send_end(u->q, &u->c->t.program);
	(void)take_verdict(u->q);
	return 0;
}

/* The messages of these rows, all to one address, and not as the campaign. */
void
queue_test(struct campaign *c)
{
	struct testing u = { c, connect_queue(c) };

	interrupt_says("some of these messages may be queued");
	(void)parts_walk(c->parts, put_test, &u);
	queueclient_close(u.q);
	if (!c->o.quiet)
		say_line("test: %llu message%s queued to %s, the campaign is "
			 "not",
		    (unsigned long long)c->n.accepted,
		    c->n.accepted == 1 ? "" : "s", c->o.test);
}
