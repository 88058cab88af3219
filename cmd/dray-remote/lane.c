#include <stdlib.h>
#include <string.h>

#include "common/mem.h"

#include "compose.h"
#include "dial.h"
#include "event.h"
#include "lane.h"
#include "order.h"
#include "report.h"
#include "transact.h"
#include "transport.h"
#include "worker.h"

#define SOFT 60.0 /* seconds before its end in which nothing new is begun */

static struct lane_chain *
chain(struct worker *w, uint32_t id)
{
	return &w->chains[id % LANE_CHAINS];
}

struct lane *
lane_find(struct worker *w, uint32_t id)
{
	struct lane *l;

	for (l = LIST_FIRST(chain(w, id)); l; l = LIST_NEXT(l, chain))
		if (l->id == id)
			return l;
	return NULL;
}

static void
unlist(struct lane *l)
{
	if (l->listed)
		TAILQ_REMOVE(
		    l->listed == 1 ? &l->w->dirty : &l->w->again, l, list);
	l->listed = 0;
}

void
lane_touch(struct lane *l)
{
	if (l->listed == 1)
		return;
	unlist(l);
	l->listed = 1;
	TAILQ_INSERT_TAIL(&l->w->dirty, l, list);
}

void
lane_later(struct lane *l)
{
	if (l->listed)
		return;
	l->listed = 2;
	TAILQ_INSERT_TAIL(&l->w->again, l, list);
}

void
lane_say(struct lane *l, const char *text)
{
	size_t n = strlen(text);

	if (n > sizeof l->last.text)
		n = sizeof l->last.text;
	l->last.code = 0;
	*l->last.status = '\0';
	memcpy(l->last.text, text, n);
	l->last.len = (uint16_t)n;
}

void
lane_say_reply(struct lane *l)
{
	const struct smtpreply *r = &l->reply;

	l->last.code = r->code;
	memcpy(l->last.status, r->status, sizeof r->status);
	memcpy(l->last.text, r->text, r->len);
	l->last.len = r->len;
}

void
lane_down(struct lane *l, char reason, char phase)
{
	if (l->dead)
		return;
	l->dead = 1;
	l->last.reason = reason;
	l->last.phase = phase;
	lane_touch(l);
}

void
lane_quit(struct lane *l, char reason)
{
	l->state = LANE_QUIT;
	l->quitreason = reason;
	l->since = ev_now(l->w->loop);
	smtpreply_init(&l->reply);
	output_add(l, "QUIT\r\n", 6);
}

/* Everything that can be written now, and started. */
static void
work(struct lane *l)
{
	int sent;

	do {
		transact_fill(l);
		compose_ahead(l);
		if (l->dead)
			return;
		sent = output_flush(l);
	} while (sent && !l->dead && transact_more(l));
	if (l->inflight || l->dead || l->ending || l->deaf)
		return;
	if (l->closing || l->w->stopping || transact_full(l)) {
		lane_quit(l, REMOTE_DOWN_QUIT);
		(void)output_flush(l);
	} else if (l->utf8) {
		dial_on(l);
	}
}

static void
note_sent(struct lane *l)
{
	struct job *j;

	for (j = TAILQ_FIRST(&l->jobs); j != l->next; j = TAILQ_NEXT(j, entry))
		if (!j->sent && j->end && l->written >= j->end)
			j->sent = ev_now(l->w->loop);
}

static int
wants_to_write(const struct lane *l)
{
	if (l->tls.want_write)
		return 1;
	return (output_pending(l) || l->body) && !l->deaf && !l->tls.want_read;
}

static void
watch(struct lane *l)
{
	if (l->state != LANE_CONNECT) {
		if (wants_to_write(l))
			ev_io_start(l->w->loop, &l->wr);
		else
			ev_io_stop(l->w->loop, &l->wr);
	}
	if (l->tls.unread && !l->choked)
		lane_later(l);
	event_timer(l);
}

static void
free_lane(struct lane *l)
{
	struct worker *w = l->w;
	struct job *j;

	while ((j = TAILQ_FIRST(&l->jobs))) {
		TAILQ_REMOVE(&l->jobs, j, entry);
		job_free(w, j);
	}
	ev_timer_stop(w->loop, &l->timer);
	ev_io_stop(w->loop, &l->rd);
	ev_io_stop(w->loop, &l->wr);
	transport_close(l);
	output_reset(l);
	if (l->choked)
		TAILQ_REMOVE(&w->waiting, l, choke);
	compose_leave(l);
	unlist(l);
	LIST_REMOVE(l, chain);
	free(l->helo);
	free(l->targets);
	free(l->hosts);
	free(l);
	worker_gone(w);
}

/* Reports what is known, and that the lane is gone. */
static void
reap(struct lane *l)
{
	struct job *j, *after;

	for (j = TAILQ_FIRST(&l->jobs); j && j != l->next; j = after) {
		after = TAILQ_NEXT(j, entry);
		if (!job_settled(j))
			continue;
		report_result(l, j);
		l->done++;
		transact_take(l, j);
		job_free(l->w, j);
	}
	report_down(l);
	free_lane(l);
}

void
lane_run(struct lane *l)
{
	if (!l->dead && l->state == LANE_READY)
		work(l);
	else if (!l->dead && l->state != LANE_CONNECT)
		(void)output_flush(l);
	if (l->dead) {
		reap(l);
		return;
	}
	if (l->inflight)
		note_sent(l);
	watch(l);
}

/* The names of its hosts become its own. */
static void
take_targets(struct lane *l, const struct order *o)
{
	size_t room = 0;
	unsigned int i;
	char *d;

	for (i = 0; i < o->n; i++)
		room += o->target[i].host_len + 1u;
	l->ntargets = o->n;
	l->targets = mem_array(o->n, sizeof *l->targets);
	memcpy(l->targets, o->target, o->n * sizeof *l->targets);
	d = l->hosts = mem_array(room, 1);
	for (i = 0; i < o->n; i++) {
		memcpy(d, o->target[i].host, o->target[i].host_len);
		d[o->target[i].host_len] = '\0';
		l->targets[i].host = d;
		d += o->target[i].host_len + 1;
	}
}

static struct lane *
new_lane(struct worker *w, const struct order *o)
{
	struct lane *l = mem_alloc(sizeof *l);
	size_t i;

	l->w = w;
	l->id = o->lane;
	l->flags = o->flags;
	l->depth = o->depth > LANE_DEPTHMAX ? LANE_DEPTHMAX : o->depth;
	l->limit = o->messages;
	l->mode = o->tls;
	for (i = 0; i < TIMEOUTS; i++)
		l->timeout[i] = o->timeout[i];
	l->helo = mem_dup(o->helo, o->helo_len);
	l->source = o->source;
	take_targets(l, o);
	l->fd = -1;
	TAILQ_INIT(&l->jobs);
	return l;
}

void
lane_open(struct worker *w, const struct order *o)
{
	struct lane *l = new_lane(w, o);
	double now = ev_now(w->loop), all = l->timeout[TIMEOUT_SESSION];

	l->hard_end = now + all;
	l->soft_end = l->hard_end - (all / 8 < SOFT ? all / 8 : SOFT);
	event_init(l);
	LIST_INSERT_HEAD(chain(w, l->id), l, chain);
	worker_came(w);
	if (w->stopping) {
		lane_say(l, "this worker is stopping");
		lane_down(l, REMOTE_DOWN_QUIT, '-');
	} else {
		dial_start(l);
	}
}

void
lane_job(struct lane *l, struct job *j)
{
	TAILQ_INSERT_TAIL(&l->jobs, j, entry);
	if (!l->next || j->expiry < l->expiry)
		l->expiry = j->expiry;
	if (!l->next)
		l->next = j;
	l->njobs++;
	lane_touch(l);
}

void
lane_close(struct lane *l)
{
	l->closing = 1;
	if (l->state < LANE_READY)
		lane_down(l, REMOTE_DOWN_QUIT, '-');
	lane_touch(l);
}
