#include <stdlib.h>
#include <string.h>

#include "cmd/dray-send/quota.h"
#include "cmd/dray-send/restream.h"
#include "cmd/dray-send/send.h"
#include "cmd/dray-send/stream.h"
#include "cmd/dray-send/turns.h"
#include "common/mem.h"

#define FLOWS 256 /* of one queue; beyond these some share a turn */

struct split {
	struct flow *flow[FLOWS];
	uint8_t next[TURNS_PARTS]; /* of the flows of that part */
};

static struct queue *
find(const struct dest *d, uint8_t stream)
{
	struct queue *q;

	TAILQ_FOREACH (q, &d->queues, link)
		if (q->stream == stream)
			return q;
	return NULL;
}

static void
insert(struct dest *d, struct queue *q)
{
	struct queue *p;

	TAILQ_FOREACH (p, &d->queues, link)
		if (stream_rank(p->stream) > stream_rank(q->stream))
			break;
	if (p)
		TAILQ_INSERT_BEFORE(p, q, link);
	else
		TAILQ_INSERT_TAIL(&d->queues, q, link);
}

struct queue *
queue_of(struct dest *d, uint8_t stream)
{
	struct queue *q = find(d, stream);

	if (q)
		return q;
	q = mem_alloc(sizeof *q);
	q->dest = d;
	q->stream = stream;
	TAILQ_INIT(&q->flows);
	TAILQ_INIT(&q->again);
	insert(d, q);
	return q;
}

/* The flow of this run; with make it is there afterwards. */
static struct flow *
flow_of(struct queue *q, const struct run *r, int make)
{
	struct flow **p;

	if (!q->split)
		return &q->all;
	p = &q->split->flow[run_msg(r)->owner % FLOWS];
	if (!*p && make) {
		*p = mem_alloc(sizeof **p);
		(*p)->place = run_msg(r)->owner % FLOWS;
	}
	return *p;
}

static void
link_run(struct queue *q, struct flow *f, uint32_t n, int front)
{
	struct run *r = run_at(n);

	if (front)
		cut_end(f);
	if (!f->first)
		TAILQ_INSERT_TAIL(&q->flows, f, turn);
	r->next = front ? f->first : 0;
	if (!f->first)
		f->first = f->last = n;
	else if (front)
		f->first = n;
	else
		run_at(f->last)->next = n;
	if (!front)
		f->last = n;
	q->nruns++;
	q->owners |= turns_bit(run_msg(r)->owner);
}

/* It is empty. */
static void
drop_flow(struct queue *q, struct flow *f)
{
	cut_end(f);
	TAILQ_REMOVE(&q->flows, f, turn);
	f->first = f->last = 0;
	if (TAILQ_EMPTY(&q->flows))
		q->owners = 0;
	if (f == &q->all)
		return;
	q->split->flow[f->place] = NULL;
	free(f);
}

static void
unsplit(struct queue *q)
{
	free(q->split);
	q->split = NULL;
}

/* It has become long: from now on each owner has a flow of its own. */
static void
split(struct queue *q)
{
	uint32_t n = q->all.first, next;

	drop_flow(q, &q->all);
	q->split = mem_alloc(sizeof *q->split);
	q->nruns = 0;
	for (; n; n = next) {
		next = run_at(n)->next;
		link_run(q, flow_of(q, run_at(n), 1), n, 0);
	}
}

static uint64_t filling; /* owners of all that comes into queues together */

/* With this run.  Where each owner has little of what is there, turns are not
 * worth their memory: it is soon searched, and over. */
static int
is_long(const struct queue *q, const struct run *r)
{
	uint64_t mask = q->owners | turns_bit(run_msg(r)->owner) | filling;
	unsigned int owners = (unsigned int)__builtin_popcountll(mask);

	if (q->split || !q->nruns)
		return 0;
	if (quota_limits(run_msg(r)->owner))
		return 1;
	if (q->nruns >= QUEUE_FEW && q->nruns >= 4 * owners)
		return 1;
	return owners > 1 &&
	    q->dest->nready + r->count > QUEUE_FEW + 4 * owners;
}

static void
add(struct dest *d, uint32_t n, int front)
{
	struct run *r = run_at(n);
	struct queue *q = queue_of(d, run_stream(r));
	struct flow *f;
	uint64_t owners;

	if (is_long(q, r))
		split(q);
	f = flow_of(q, r, 1);
	owners = q->owners;
	link_run(q, f, n, front);
	if (q->owners != owners)
		line_more(q);
	if (front && f != TAILQ_FIRST(&q->flows)) {
		TAILQ_REMOVE(&q->flows, f, turn);
		TAILQ_INSERT_HEAD(&q->flows, f, turn);
	}
}

static void
note_stream(struct dest *d, uint8_t stream)
{
	if (!d->nrest || stream_rank(stream) < stream_rank(d->stream))
		d->stream = stream;
}

/* The runs from first to last, which are so many. */
static void
rest(struct dest *d, uint32_t first, uint32_t last, uint32_t n, int front)
{
	run_at(last)->next = front ? d->rfirst : 0;
	if (!d->rfirst) {
		d->rfirst = first;
		d->rlast = last;
	} else if (front) {
		d->rfirst = first;
	} else {
		run_at(d->rlast)->next = first;
		d->rlast = last;
	}
	d->nrest += n;
}

void
queue_fill(struct dest *d)
{
	uint32_t n, next;

	for (n = d->rfirst; n; n = run_at(n)->next)
		filling |= turns_bit(run_msg(run_at(n))->owner);
	n = d->rfirst;
	d->rfirst = d->rlast = d->nrest = 0;
	for (; n; n = next) {
		next = run_at(n)->next;
		add(d, n, 0);
	}
	filling = 0;
}

void
queue_add(struct dest *d, uint32_t n, int front)
{
	if (d->nrest >= QUEUE_REST)
		queue_fill(d);
	if (!TAILQ_EMPTY(&d->queues)) {
		add(d, n, front);
		return;
	}
	note_stream(d, run_stream(run_at(n)));
	rest(d, n, n, 1, front);
}

uint8_t
queue_urgent(const struct dest *d)
{
	const struct queue *q = TAILQ_FIRST(&d->queues);

	if (!q || (d->nrest && stream_rank(d->stream) < stream_rank(q->stream)))
		return d->stream;
	return q->stream;
}

struct flow *
queue_flow(const struct queue *q)
{
	return TAILQ_FIRST(&q->flows);
}

uint32_t
queue_first(const struct queue *q)
{
	return TAILQ_EMPTY(&q->flows) ? 0 : TAILQ_FIRST(&q->flows)->first;
}

void
queue_shift(struct queue *q)
{
	struct flow *f = TAILQ_FIRST(&q->flows);
	struct run *r = run_at(f->first);

	cut_end(f);
	f->first = r->next;
	r->next = 0;
	q->nruns--;
	if (!f->first)
		drop_flow(q, f);
	if (q->nruns == 0 && q->split)
		unsplit(q);
}

void
queue_turn(struct queue *q)
{
	struct flow *f = TAILQ_FIRST(&q->flows);

	if (!f || !TAILQ_NEXT(f, turn))
		return;
	TAILQ_REMOVE(&q->flows, f, turn);
	TAILQ_INSERT_TAIL(&q->flows, f, turn);
}

static int
pick_flow(struct queue *q, uint8_t part)
{
	uint8_t *next = &q->split->next[part];
	struct flow *f = TAILQ_FIRST(&q->flows);
	unsigned int i;

	if (f && f->place % TURNS_PARTS == part)
		return 1;
	for (i = 0; i < FLOWS / TURNS_PARTS; i++) {
		f = q->split->flow[part + *next * TURNS_PARTS];
		*next = (uint8_t)((*next + 1) % (FLOWS / TURNS_PARTS));
		if (!f)
			continue;
		TAILQ_REMOVE(&q->flows, f, turn);
		TAILQ_INSERT_HEAD(&q->flows, f, turn);
		return 1;
	}
	return 0;
}

static int
pick_run(struct queue *q, uint8_t part)
{
	struct flow *f = &q->all;
	uint32_t n, before = 0;

	for (n = f->first; n; before = n, n = run_at(n)->next)
		if (run_msg(run_at(n))->owner % TURNS_PARTS == part)
			break;
	if (!n)
		return 0;
	if (!before)
		return 1;
	cut_end(f);
	run_at(before)->next = run_at(n)->next;
	if (f->last == n)
		f->last = before;
	run_at(n)->next = f->first;
	f->first = n;
	return 1;
}

int
queue_pick(struct queue *q, uint8_t part)
{
	if (q->split ? pick_flow(q, part) : pick_run(q, part))
		return 1;
	q->owners &= ~turns_bit(part);
	return 0;
}

/* Its runs go before those that rest. */
static void
empty(struct dest *d, struct queue *q)
{
	struct flow *f;
	uint32_t n = q->nruns;

	if (n)
		note_stream(d, q->stream);
	while ((f = TAILQ_LAST(&q->flows, flows))) {
		rest(d, f->first, f->last, n, 1);
		n = 0;
		drop_flow(q, f);
	}
	q->nruns = 0;
	unsplit(q);
}

static void
free_queue(struct dest *d, struct queue *q)
{
	line_del(q);
	TAILQ_REMOVE(&d->queues, q, link);
	free(q);
}

void
queue_rest(struct dest *d)
{
	uint32_t n = d->nrest;
	struct queue *q;
	unsigned int again = 0;

	TAILQ_FOREACH (q, &d->queues, link) {
		line_del(q);
		n += q->nruns;
		again += q->nagain;
	}
	if (n > QUEUE_REST || again)
		return;
	while ((q = TAILQ_LAST(&d->queues, queues))) {
		empty(d, q);
		free_queue(d, q);
	}
}

static void
sweep_queue(struct queue *q, queue_sweep_fn *sweep, void *arg)
{
	struct flow *f, *next;

	for (f = TAILQ_FIRST(&q->flows); f; f = next) {
		next = TAILQ_NEXT(f, turn);
		cut_end(f);
		q->nruns -= queue_sweep_list(&f->first, &f->last, sweep, arg);
		if (!f->first)
			drop_flow(q, f);
	}
	if (q->nruns == 0 && q->split)
		unsplit(q);
}

void
queue_sweep(struct dest *d, queue_sweep_fn *sweep, void *arg)
{
	struct queue *q;

	d->nrest -= queue_sweep_list(&d->rfirst, &d->rlast, sweep, arg);
	TAILQ_FOREACH (q, &d->queues, link)
		sweep_queue(q, sweep, arg);
}

/* Nothing of the destination is being cut any more. */
void
queue_uncut(struct dest *d)
{
	struct queue *q;
	struct flow *f;

	TAILQ_FOREACH (q, &d->queues, link)
		TAILQ_FOREACH (f, &q->flows, turn)
			cut_end(f);
}

/* Nor is this run of it. */
void
queue_uncut_run(struct dest *d, uint32_t n)
{
	struct queue *q = find(d, run_stream(run_at(n)));
	struct flow *f = q ? flow_of(q, run_at(n), 0) : NULL;

	if (f && f->cut && f->cut->run == n)
		cut_end(f);
}

void
queue_order(struct dest *d)
{
	struct queues old;
	struct queue *q;

	TAILQ_INIT(&old);
	TAILQ_CONCAT(&old, &d->queues, link);
	while ((q = TAILQ_FIRST(&old))) {
		TAILQ_REMOVE(&old, q, link);
		insert(d, q);
	}
}

static int
is_empty(const struct queue *q)
{
	return q->nruns == 0 && q->nagain == 0;
}

void
queue_tidy(struct dest *d)
{
	struct queue *q, *next;

	for (q = TAILQ_FIRST(&d->queues); q; q = next) {
		next = TAILQ_NEXT(q, link);
		if (is_empty(q))
			free_queue(d, q);
	}
}

int
queue_busy(const struct dest *d)
{
	const struct queue *q;

	if (d->nrest)
		return 1;
	TAILQ_FOREACH (q, &d->queues, link)
		if (!is_empty(q))
			return 1;
	return 0;
}
