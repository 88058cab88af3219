/*
 * Whole sessions of dray-smtpd without a socket, and with a queue that does as
 * the first two octets say: in what pieces the rest comes, whether the client is
 * trusted, whether ends of lines are normalised, whether there is TLS, and whether
 * messages are taken, refused at their end or before it, or find nobody.  What
 * was handed over has to be what dray-queued expects, and nothing may be left in
 * the end.  At a submission, clients log in with any password that does not begin
 * with an x; what is counted for a user, whose name begins with a c, is what was
 * queued.
 */
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "cmd/dray-log/door.h"
#include "cmd/dray-smtpd/authclient.h"
#include "cmd/dray-smtpd/crowd.h"
#include "cmd/dray-smtpd/journal.h"
#include "cmd/dray-smtpd/keys.h"
#include "cmd/dray-smtpd/queue.h"
#include "cmd/dray-smtpd/returns.h"
#include "cmd/dray-smtpd/starttls.h"
#include "cmd/dray-smtpd/talk.h"
#include "common/authproto.h"
#include "common/field.h"
#include "common/keyhash.h"
#include "common/logline.h"
#include "t/fuzz/fuzz.h"

#define TRUSTED 1u
#define REFUSES 2u /* at the end of a message */
#define EARLY 4u /* before that, if it is large */
#define AWAY 8u /* nobody is there */
#define FULL 16u /* every other time there is no room */
#define RELAY 32u
#define NORMALISE 64u
#define SHORT 64u /* now and then no message is wanted */
#define RATED 128u /* few messages and recipients */
#define TLS 256u /* is there, and has to be used by a relay with rates */

/* What message.c sees of a connection. */
struct queue_conn {
	int streams;
};

static struct queue_conn conn;
static const struct policy policy = { .generation = 1 };
static struct smtpd sm;
static struct message *waiting; /* for its verdict */
static unsigned int how, turn;
static uint64_t octets;
static unsigned int told, logged; /* refusals */

/* As returns.c has it, but with a policy of its own. */
int
returns_role(const struct talk *t)
{
	return t->l->role == POLICY_ROLE_RETURNS;
}

struct queue *
returns_queue(const struct talk *t)
{
	return t->sm->queue;
}

uint64_t
returns_max(const struct talk *t)
{
	return t->sm->max_message / (returns_role(t) ? 2 : 1);
}

const char *
returns_rcpt(const struct talk *t, const struct path *p)
{
	must(returns_role(t));
	if (!p->a.domain || p->a.local[0] == 'n')
		return "550 5.1.1 nobody";
	return NULL;
}

static struct auth_ask {
	auth_fn *fn;
	void *owner;
	struct auth_answer answer;
} asked;
static unsigned int taken, given, kept;

static struct auth_ask *
ask(auth_fn *fn, void *owner)
{
	must(!asked.fn && !(how & AWAY));
	memset(&asked, 0, sizeof asked);
	asked.fn = fn;
	asked.owner = owner;
	return &asked;
}

struct auth_ask *
authclient_check(struct authclient *c, const struct net_addr *addr,
    const struct sasl *s, auth_fn *fn, void *owner)
{
	struct auth_ask *a;

	(void)c;
	must((addr->family == 4 || addr->family == 6) &&
	    account_name_ok(s->user, s->ulen) &&
	    account_password_ok(s->password, s->plen));
	if (how & AWAY)
		return NULL;
	a = ask(fn, owner);
	a->answer.verdict = s->password[0] == 'x' ? AUTH_WRONG : AUTH_GOOD;
	a->answer.a.quota = s->user[0] == 'c';
	if (s->user[0] == 'c')
		memcpy(
		    a->answer.a.domains, "b.example <>", sizeof "b.example <>");
	return a;
}

struct auth_ask *
authclient_take(
    struct authclient *c, const char *user, auth_fn *fn, void *owner)
{
	struct auth_ask *a;

	(void)c;
	must(account_name_ok(user, strlen(user)));
	if (how & AWAY)
		return NULL;
	a = ask(fn, owner);
	a->answer.verdict = turn & 1 ? AUTH_QUOTA : AUTH_GOOD;
	a->answer.day = 7;
	taken += a->answer.verdict == AUTH_GOOD;
	return a;
}

void
authclient_give(struct authclient *c, const char *user, uint32_t day)
{
	(void)c;
	must(account_name_ok(user, strlen(user)) && day == 7);
	given++;
}

void
authclient_forget(struct auth_ask *a)
{
	must(a == &asked && a->fn);
	a->fn = NULL;
	given += a->answer.day && a->answer.verdict == AUTH_GOOD;
}

static void
answer(void)
{
	auth_fn *fn = asked.fn;

	asked.fn = NULL;
	if (fn)
		fn(asked.owner, &asked.answer);
}

int
keys_wanted(void)
{
	return (how & TLS) != 0;
}

int
keys_ready(void)
{
	return !(how & AWAY);
}

int
queue_ready(struct queue *q)
{
	(void)q;
	return !(how & AWAY);
}

ev_tstamp
queue_time(const struct queue *q)
{
	(void)q;
	return 1;
}

const char *
queue_state(const struct queue *q, ev_tstamp refused)
{
	(void)q;
	must(refused <= queue_time(q));
	return how & SHORT && turn & 2 ? "452 4.3.1 the queue is full" : NULL;
}

static int
take(struct message *m)
{
	struct field r;
	size_t len;
	uint32_t n;

	if (how & AWAY) {
		message_refuse(m, "451 4.3.0 nobody");
		return -1;
	}
	must(m->nrcpt > 0);
	field_start(&r, m->rcpts.s, m->rcpts.len);
	for (n = 0; n < m->nrcpt; n++) {
		must(field_getstr(&r, 4096, &len) != NULL);
		(void)field_getu8(&r);
		(void)field_getstr(&r, 4096, &len);
	}
	must(field_end(&r));
	m->conn = &conn;
	return 0;
}

/* Normalised there is no LF by itself, but for the first octet of a piece.  For
 * whom it is not done (he is not trusted) the queue sees to it. */
static void
look_ends(const struct message *m, const char *s, size_t n)
{
	const struct talk *t = m->owner;
	size_t i;

	must(!t->lineend.normalise || how & NORMALISE);
	for (i = 1; t->lineend.normalise && i < n; i++)
		must(s[i] != '\n' || s[i - 1] == '\r');
}

int
queue_whole(struct message *m)
{
	must(m->state == MESSAGE_ENDED && m->out.len > 0);
	if (take(m) == -1)
		return -1;
	look_ends(m, m->out.s, m->out.len);
	waiting = m;
	return 0;
}

int
queue_open(struct message *m)
{
	must(m->state == MESSAGE_BODY && m->out.len > MESSAGE_HOLD);
	octets = 0;
	return take(m);
}

void
queue_data(struct message *m, const char *s, size_t n)
{
	must(m->conn == &conn && !m->refusal);
	look_ends(m, s, n);
	octets += n;
}

int
queue_full(const struct message *m)
{
	must(m->conn == &conn);
	return how & FULL && turn & 1;
}

void
queue_end(struct message *m)
{
	must(octets > MESSAGE_HOLD);
	waiting = m;
}

void
queue_abort(struct message *m)
{
	must(m->conn == &conn);
	m->conn = NULL;
}

int
journal_may(struct crowd *c, const struct net_addr *a, int known)
{
	must(c && (a->family == 4 || a->family == 6));
	must(known == 0 || known == 1);
	return 1;
}

/* What is refused is logged in a way that dray-log takes. */
void
journal_put(const char *line, size_t len)
{
	must(logline_ok(line, len) && door_ok(line, len));
	logged++;
}

static void
kick(void *arg)
{
	(void)arg;
}

static void
verdict(void)
{
	struct message *m = waiting;

	if (!m)
		return;
	waiting = NULL;
	m->conn = NULL;
	kept += m->payer && !(how & REFUSES);
	message_verdict(m, how & REFUSES ? NULL : "id", "554 5.6.0 no");
}

static void
refuse_early(struct talk *t)
{
	struct message *m = t->m;

	if (!(how & EARLY) || !m || !m->conn || m->told || m == waiting)
		return;
	m->told = 1;
	message_verdict(m, NULL, "452 4.3.1 full");
}

/* Replies are whole lines of printable text that begin with a code.  No refusal
 * is logged that was not told. */
static void
look(struct talk *t)
{
	const char *s = t->out.s, *end = s + t->out.len, *nl;

	for (; s < end; s = nl + 1) {
		nl = memchr(s, '\n', (size_t)(end - s));
		must(nl && nl - s >= 4 && nl - s < 512 && nl[-1] == '\r');
		must(*s >= '2' && *s <= '5' && (s[3] == ' ' || s[3] == '-'));
		told += *s > '3';
		for (; s < nl - 1; s++)
			must(*s >= ' ' && *s <= '~');
	}
	t->out.len = 0;
	must(logged <= told && t->said == NULL && t->path == NULL);
}

static void
start(void)
{
	keyhash_start();
	crowd_start();
	memcpy(sm.node.hostname, "node.example", sizeof "node.example");
	memcpy(sm.node.postmaster, "pm@node.example", sizeof "pm@node.example");
	sm.policy = &policy;
	sm.limit.memory = 400000;
	sm.limit.recipients = 100;
	sm.limit.errors = 50;
	sm.limit.hops = 3;
	sm.limit.messages = 20;
	sm.limit.message_rate = POLICY_RATE(3, 1);
	sm.limit.recipient_rate = POLICY_RATE(5, 1);
	sm.max_message = 300000;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct policy_listener l = { .role = POLICY_SUBMISSION, .ntrust = 1 };
	struct talk t;
	size_t step, used = 2, room;
	char *copy; /* passwords are overwritten */

	if (n < 2)
		return 0;
	if (!sm.max_message)
		start();
	how = data[1] | (data[0] & 64u) << 2;
	step = data[0] < 128 ? data[0] % 64 + 1u : 65536;
	memset(&t, 0, sizeof t);
	t.sm = &sm;
	t.l = &l;
	l.trust[0].family = how & TRUSTED ? 4 : 6;
	l.normalise = (how & NORMALISE) != 0;
	l.role = how & RELAY ? POLICY_RELAY : POLICY_SUBMISSION;
	/* Who is not trusted can only bring what comes back. */
	if (!(how & TRUSTED) && how & RELAY)
		l.role = POLICY_ROLE_RETURNS;
	l.auth = l.role == POLICY_SUBMISSION;
	l.rates = (how & RATED) != 0;
	t.xclient = data[0] & 128;
	sm.limit.network = 10;
	t.addr.family = 4;
	t.addr.ip[0] = 127;
	t.crowd = crowd_enter(&t.addr, UINT32_MAX);
	l.tls = how & TLS && how & RELAY && how & RATED ? POLICY_LISTEN_REQUIRED
							: POLICY_LISTEN_MAY;
	t.kick = kick;
	memcpy(t.peer, "127.0.0.1", sizeof "127.0.0.1");
	taken = given = kept = told = logged = 0;
	copy = malloc(n);
	must(copy != NULL);
	memcpy(copy, data, n);
	talk_start(&t);
	for (room = step; used < n && t.state != TALK_END; turn++) {
		size_t fed = n - used < room ? n - used : room;
		size_t k = talk_feed(&t, copy + used, fed);

		look(&t);
		used += k;
		/* A line that is not whole waits for more. */
		room = k || talk_waits(&t) ? step : room + step;
		if (!k && !talk_waits(&t) && room > n - used + step)
			break;
		refuse_early(&t);
		verdict();
		if (t.state == TALK_TLS) {
			must(k == fed); /* nothing was behind it */
			talk_secure(&t, "TLSv1.3", "TLS_AES_256_GCM_SHA384");
			must(!t.m && !t.helo[0]);
		}
		answer();
	}
	if (n & 1)
		talk_late(&t);
	talk_last(&t);
	look(&t);
	talk_free(&t);
	crowd_leave(t.crowd);
	verdict();
	free(copy);
	must(sm.memory == 0 && !asked.fn && taken == given + kept);
	return 0;
}
