#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <skalibs/strerr.h>

#include "cmd/dray-send/control.h"
#include "cmd/dray-send/msgset.h"
#include "cmd/dray-send/steer.h"
#include "cmd/dray-send/way.h"
#include "common/json.h"
#include "common/mem.h"

/*
 * What dray-ctl asks for beyond rules: to count, flush, expire and remove
 * what is in a scope.  All runs are gone through, so much at a turn that mail
 * flows on.  To be in force at once, an expiry or a removal holds what it is
 * about while it works.
 */
#define SLICE 0.004 /* seconds of a turn for all commands */
#define CHECK 256 /* runs until the clock is looked at */
#define EVENTS 65536 /* octets of events at a turn: see may_go_on */

struct command {
	char action; /* CONTROL_... */
	int dry;
	uint32_t number; /* of this command */
	struct match match;
	char reason[OVERRIDE_TEXTMAX + 1];
	char author[OVERRIDE_AUTHORMAX + 1];
	struct rule *rule; /* while it works */
	uint32_t at; /* the next run */
	struct msgset seen;
	uint64_t messages, recipients, in_flight, unread;
	const char *error;
};

static struct control *working; /* begins the next slice */

static int
settles(const struct command *k)
{
	return !k->dry &&
	    (k->action == CONTROL_REMOVE || k->action == CONTROL_EXPIRE);
}

static void
take_text(struct field *f, char *d, size_t max)
{
	size_t len, i;
	const char *s = field_getstr(f, max, &len);

	for (i = 0; i < len; i++)
		if ((unsigned char)s[i] < 32 || s[i] == 127)
			f->bad = 1;
	memcpy(d, s, len);
	d[len] = '\0';
}

static int
read_request(struct command *k, const char *data, size_t len)
{
	struct scope sc = { 0 };
	struct field f;
	uint8_t flags;

	field_start(&f, data, len);
	k->action = (char)field_getu8(&f);
	flags = field_getu8(&f);
	k->dry = flags & CONTROL_DRY;
	take_text(&f, k->reason, OVERRIDE_TEXTMAX);
	take_text(&f, k->author, OVERRIDE_AUTHORMAX);
	if (scope_get(&f, &sc) == -1 || !field_end(&f) ||
	    (flags & ~CONTROL_DRY) || !k->action ||
	    !strchr(CONTROL_ACTIONS, k->action))
		return -1;
	match_init(&k->match, &sc);
	return 0;
}

/* -1: it is malformed. */
int
command_begin(struct control *c, const char *data, size_t len)
{
	static uint32_t numbers;
	struct command *k = mem_alloc(sizeof *k);

	if (read_request(k, data, len) == -1) {
		free(k);
		return -1;
	}
	rules_read();
	if (settles(k))
		k->rule = rules_add(&k->match.scope);
	k->at = 1;
	k->number = ++numbers;
	c->command = k;
	return 0;
}

/* What died in the lists is taken out of them. */
static void
sweep(void)
{
	struct dest *d;
	uint32_t i;

	for (i = 1; i < self.dest.n; i++) {
		d = numbers_at(&self.dest, i);
		if (!d || !d->dirty)
			continue;
		d->dirty = 0;
		dest_sweep(d);
	}
}

static void
log_it(const struct command *k, const char *state)
{
	struct event_command e = { .state = state,
		.scope = &k->match.scope,
		.reason = k->reason,
		.author = k->author,
		.messages = k->messages,
		.recipients = k->recipients,
		.in_flight = k->in_flight };

	if (k->dry)
		return;
	switch (k->action) {
	case CONTROL_FLUSH:
		e.action = "flush";
		break;
	case CONTROL_EXPIRE:
		e.action = "expire";
		break;
	case CONTROL_REMOVE:
		e.action = "remove";
		break;
	default:
		return;
	}
	event_command(&e);
}

/* Its client may be gone before it is done: what was settled stays so. */
void
command_end(struct control *c)
{
	struct command *k = c->command;

	if (working == c)
		working = NULL;
	if (!k)
		return;
	if (k->at)
		log_it(k, "stopped");
	sweep();
	if (k->rule)
		rules_del(k->rule);
	msgset_free(&k->seen);
	free(k);
	c->command = NULL;
}

static void
answer(struct control *c)
{
	const struct command *k = c->command;
	stralloc sa = STRALLOC_ZERO;

	json_open(&sa);
	json_u64(&sa, "messages", k->messages);
	json_u64(&sa, "recipients", k->recipients);
	json_u64(&sa, "in_flight", k->in_flight);
	json_u64(&sa, "unread", k->unread);
	json_u64(&sa, "overrides_in_force", rules.n);
	json_u64(&sa, "overrides_malformed", rules.bad);
	if (k->error)
		json_text(&sa, "error", k->error);
	json_end(&sa);
	frame_begin(&c->f, 'A');
	mem_check(stralloc_cat(&c->f.out, &sa));
	if (frame_end(&c->f) == -1)
		strerr_dief(101, "an answer does not fit into a frame");
	stralloc_free(&sa);
	control_write(c);
}

static uint32_t
undone(const struct run *r, const struct open *o)
{
	struct bundle_run b;

	if (!o || open_run(o, r, &b, NULL) == -1)
		return r->count;
	return open_undone(o, b.first, b.count);
}

static uint64_t
message_of(const struct run *r)
{
	const struct msg *m = run_msg(r);

	return (uint64_t)m->slot << 32 | m->number;
}

static void
count(struct command *k, uint64_t msg, uint32_t waits, uint32_t flies)
{
	if (waits + flies == 0)
		return;
	k->recipients += waits;
	k->in_flight += flies;
	k->messages += (uint64_t)msgset_add(&k->seen, msg);
}

/* Deferred, or at a destination that sleeps: it is tried now. */
static void
flush(struct command *k, uint32_t n, uint32_t left)
{
	struct run *r = run_at(n);
	struct dest *d = run_dest(r);
	const char *why;
	int asleep = dest_until(d, &why) != 0;

	if (run_shut(r))
		return;
	if (asleep)
		d->flushed = k->number;
	if (r->where != RUN_DEFERRED && d->flushed != k->number)
		return;
	/* Of a destination that was woken some may be out already. */
	count(k, message_of(r), left, 0);
	if (k->dry)
		return;
	if (r->where == RUN_DEFERRED) {
		run_undefer(n);
		way_append(n, 0);
	}
	if (asleep)
		dest_wake(d);
}

static void
settle(struct command *k, uint32_t n, uint32_t waits, uint32_t flies)
{
	int doom = k->action == CONTROL_REMOVE ? DOOM_REMOVE : DOOM_EXPIRE;
	uint64_t msg = message_of(run_at(n));
	uint32_t settled = verdict_settle(n, doom, k->reason);

	self.careful = 1;
	/* Where some are out, what was deferred in this pass is settled with
	 * them. */
	if (flies)
		flies += waits - settled;
	else
		k->unread += waits - settled;
	count(k, msg, settled, flies);
}

static void
act(struct command *k, uint32_t n, const struct open *o, int held)
{
	struct run *r = run_at(n);
	uint32_t left = undone(r, o);
	uint32_t flies = run_flying(r) < left ? run_flying(r) : left;
	uint32_t waits = left - flies;

	if (settles(k))
		settle(k, n, waits, flies);
	else if (k->action == CONTROL_FLUSH && !held)
		flush(k, n, left);
	else if (k->action == CONTROL_HELD && held)
		count(k, message_of(r), waits, 0);
	else if (k->action != CONTROL_FLUSH && k->action != CONTROL_HELD)
		count(k, message_of(r), waits, flies);
}

/* Opens the bundle where memory does not tell: what the message is, or how
 * many of several recipients are done.  NULL: not now. */
static struct open *
look(const struct run *r, struct bundle_msg *m)
{
	struct open *o = open_get(run_msg(r)->slot);

	if (o && bundle_msg(&o->b, run_msg(r)->number, m) == -1)
		o = NULL;
	return o;
}

/* One run; 1 if that was slow. */
static int
step(struct command *k, uint32_t n)
{
	struct run *r = run_at(n);
	const struct slot *s;
	struct bundle_msg m;
	struct open *o = NULL;
	int yes, held, partly;

	if (!r->count || r->dead)
		return 0;
	yes = match_run(&k->match, r);
	if (yes == MATCH_NO)
		return 0;
	s = pool_at(&self.slots, run_msg(r)->slot);
	partly = r->count > 1 && s->left != s->nrcpt;
	held = k->action == CONTROL_HELD || k->action == CONTROL_FLUSH
	    ? hold_run(r)
	    : 0;
	if (yes == MATCH_LOOK || partly || held == -1) {
		o = look(r, &m);
		if (!o && (yes == MATCH_LOOK || held == -1)) {
			k->unread += r->count;
			return 1;
		}
		if (o &&
		    !match_msg(&k->match, run_msg(r)->slot, run_dest(r), &m))
			return 1;
		if (o && held == -1)
			held = hold_msg(run_msg(r)->slot, run_dest(r), &m);
	}
	act(k, n, o, held);
	return o || settles(k);
}

/* What is settled is in the hands of dray-log before it is done on disk, so
 * not more is decided at a turn than its socket takes. */
static int
may_go_on(struct command *k)
{
	if (!scan_done())
		return 0;
	if (!settles(k))
		return 1;
	if (self.log.fd == -1) {
		k->error = "dray-log is not there";
		return 0;
	}
	return !loglink_behind() && !loglink_busy();
}

/* 1 it wants another turn, 0 it waits for something, -1 it is done. */
static int
slice(struct command *k, ev_tstamp until)
{
	size_t most = logclient_backlog(&self.log) + EVENTS;
	unsigned int i = 0;

	if (!may_go_on(k))
		return k->error ? -1 : 0;
	for (; k->at < self.runs.next; k->at++) {
		if (step(k, k->at) || ++i % CHECK == 0) {
			if (ev_time() < until &&
			    logclient_backlog(&self.log) < most)
				continue;
			k->at++;
			return 1;
		}
	}
	return -1;
}

static struct control *
next(struct control *c)
{
	if (c)
		c = TAILQ_NEXT(c, link);
	return c ? c : TAILQ_FIRST(&self.controls);
}

/* Once a turn; 1 if there is more to do at once.  Commands take turns. */
int
command_turn(void)
{
	ev_tstamp until = ev_time() + SLICE;
	struct control *c = working ? working : next(NULL), *first = c;
	int more = 0, r;

	if (!c)
		return 0;
	do {
		if (c->command) {
			r = slice(c->command, until);
			if (r == -1) {
				log_it(c->command,
				    c->command->error ? "failed" : "done");
				c->command->at = 0;
				answer(c);
				command_end(c);
			}
			more |= r == 1;
		}
		c = next(c);
	} while (c != first && ev_time() < until);
	working = c;
	return more;
}
