#include <stdlib.h>
#include <string.h>

#include <skalibs/strerr.h>

#include "cmd/dray-send/restream.h"
#include "cmd/dray-send/signer.h"
#include "cmd/dray-send/steer.h"
#include "cmd/dray-send/suppressed.h"
#include "common/mem.h"

#define TRIES 2 /* times a job is given again before it is deferred */
#define BLOCK_ROOM \
	60000 /* octets of recipients in one job, with room to spare */

/* Job numbers are their places in a table, so that a result finds its job
 * without a search. */
void
job_number(struct job *j)
{
	static uint32_t look = 1;
	uint32_t i;

	if (self.jobs + 2 > self.roomjob / 2) {
		i = self.roomjob;
		self.roomjob = i ? i * 2 : 1024;
		self.job =
		    mem_grow(self.job, self.roomjob, sizeof(struct job *));
		memset(self.job + i, 0, (self.roomjob - i) * sizeof *self.job);
	}
	do
		look = look + 1 < self.roomjob ? look + 1 : 1;
	while (self.job[look]);
	j->number = look;
	self.job[look] = j;
	self.jobs++;
}

struct job *
job_find(const struct lane *l, uint32_t n)
{
	struct job *j = n < self.roomjob ? self.job[n] : NULL;

	return j && j->lane == l ? j : NULL;
}

void
job_free(struct job *j)
{
	self.job[j->number] = NULL;
	self.jobs--;
	open_release(j->open);
	stralloc_free(&j->rcpts);
	free(j->path);
	free(j);
	lane_served();
}

/* A job that waits to be given again becomes recipients of its run. */
static void
dissolve(struct queue *q, struct job *j)
{
	uint32_t n = j->run;
	struct run *r = run_at(n);

	TAILQ_REMOVE(&q->again, j, link);
	q->nagain--;
	run_fly(r, -(int)j->n);
	r->again = 1;
	job_free(j);
	run_pass(n);
}

/* They were cut off together, and have to go alone now. */
static int
is_too_many(const struct job *j)
{
	struct bundle_msg m;

	return j->n > 1 &&
	    bundle_msg(&j->open->b, run_msg(run_at(j->run))->number, &m) == 0 &&
	    signer_alone(j->open, &m);
}

/* A job that was given back; what is held or doomed, or more than may leave now,
 * goes to its run instead. */
static struct job *
again(struct queue *q, uint64_t room)
{
	struct job *j;

	while ((j = TAILQ_FIRST(&q->again))) {
		if (run_at(j->run)->doom || run_shut(run_at(j->run)) ||
		    j->n > room || hold_job(j) || is_too_many(j) ||
		    suppressed_job(j)) {
			dissolve(q, j);
			continue;
		}
		TAILQ_REMOVE(&q->again, j, link);
		q->nagain--;
		return j;
	}
	return NULL;
}

/* Recipients of a transaction there: as the policy says, as the server does
 * (LIMITS), as was learnt from refusals. */
static unsigned int
most(const struct lane *l)
{
	unsigned int n = l->site->group->limits->recipients;

	if (l->rcptmax && l->rcptmax < n)
		n = l->rcptmax;
	if (l->site->rcptmax && l->site->rcptmax < n)
		n = l->site->rcptmax;
	return n;
}

static struct job *
next(struct queue *q, const struct lane *l)
{
	const struct group *g = l->site->group;
	struct job *j = again(q, volume_room(g, 0, q->stream));
	unsigned int max = most(l);
	uint64_t room;
	int held = 0;

	while (!j && queue_first(q)) {
		if (cut_pass_over(q) || (held = hold_first(q, 0)) == 1)
			continue;
		if (held == -1)
			return NULL;
		room = volume_room(
		    g, run_msg(run_at(queue_first(q)))->owner, q->stream);
		if (!room) {
			/* It is another owner's than the one that might. */
			dest_todo(q->dest);
			return NULL;
		}
		j = cut_next(q, room < max ? (unsigned int)room : max, &held);
		if (held == -1)
			return NULL;
	}
	return j;
}

static void
put(stralloc *out, const struct bundle_str *s)
{
	field_putstr(out, s->s, s->len);
}

static void
put_rcpts(stralloc *out, const struct job *j, const struct bundle_str *domain)
{
	struct bundle_rcpt p;
	struct field f;

	field_putu32(out, j->n);
	field_start(&f, j->rcpts.s, j->rcpts.len);
	while (bundle_rcpt(&f, &p) == 1) {
		field_putu32(out, (uint32_t)(p.local.len + 1 + domain->len));
		mem_check(stralloc_catb(out, p.local.s, p.local.len) &&
		    stralloc_append(out, '@') &&
		    stralloc_catb(out, domain->s, domain->len));
		field_putu8(out, p.notify);
		put(out, &p.orcpt);
	}
}

/* How the message of its one recipient is made. */
static void
put_merge(stralloc *out, const struct job *j, const struct bundle_msg *m,
    const struct bundle_str *domain)
{
	char token[TOKEN_LEN];
	struct bundle_rcpt p;
	struct field f;

	field_start(&f, j->rcpts.s, j->rcpts.len);
	if (bundle_rcpt(&f, &p) != 1)
		strerr_dief(101, "a job has no recipient");
	field_putstr(out, p.row.s ? p.row.s : "", p.row.s ? p.row.len : 0);
	if (signer_token(j->open, m, &p.local, domain, token))
		field_putstr(out, token, TOKEN_LEN);
	else
		field_putstr(out, "", 0);
}

static struct dest *
dest_of(const struct job *j)
{
	return run_dest(run_at(j->run));
}

static struct queue *
queue_of_job(const struct job *j)
{
	return queue_of(dest_of(j), run_stream(run_at(j->run)));
}

/* A path of its own has who is alone. */
static void
put_sender(stralloc *out, struct job *j, const struct bundle_msg *m,
    const struct bundle_str *domain)
{
	char path[ADDR_MAX];
	struct bundle_rcpt p;
	struct field f;
	size_t n = 0;

	free(j->path);
	j->path = NULL;
	field_start(&f, j->rcpts.s, j->rcpts.len);
	if (j->n == 1 && bundle_rcpt(&f, &p) == 1)
		n = signer_path(j->open, m, &p.local, domain, path);
	if (!n) {
		put(out, &m->sender);
		return;
	}
	field_putstr(out, path, n);
	j->path = mem_dup(path, n);
}

static int
put_job(const struct lane *l, struct job *j)
{
	struct frame *f = &l->worker->f;
	const struct dest *d = dest_of(j);
	const struct bundle_str domain = { d->name, d->len };
	struct bundle_msg m;

	if (bundle_msg(&j->open->b, run_msg(run_at(j->run))->number, &m) == -1)
		return -1;
	if (worker_bundle(l->worker, j->open) == -1)
		return -1;
	j->octets = m.plain;
	held_job(j, queue_of_job(j), bundle_from(&m));
	frame_begin(f, 'J');
	field_putu32(&f->out, l->number);
	field_putu32(&f->out, j->number);
	field_putu32(&f->out, j->open->slot);
	field_putu64(&f->out, m.offset);
	field_putu64(&f->out, m.stored);
	field_putu64(&f->out, m.plain);
	field_putu32(&f->out, m.crc);
	field_putu32(&f->out, m.flags);
	field_putu32(&f->out, run_expiry(run_at(j->run)));
	put_sender(&f->out, j, &m, &domain);
	put(&f->out, &m.envid);
	field_putu8(&f->out, m.ret);
	put_rcpts(&f->out, j, &domain);
	signer_put(j->open, &m, &f->out);
	if (m.flags & BUNDLE_MERGE)
		put_merge(&f->out, j, &m, &domain);
	if (frame_end(f) == -1)
		strerr_dief(101, "a job does not fit into a frame");
	return 0;
}

/* Hands the queue's next transaction to the lane; NULL there is none. */
struct job *
job_hand(struct queue *q, struct lane *l)
{
	struct job *j = next(q, l);

	if (!j)
		return NULL;
	j->given = ev_now(self.loop);
	lane_gets(l, j);
	if (put_job(l, j) == -1) {
		j->tries = TRIES;
		job_return(j, 1);
		return NULL;
	}
	l->given++;
	return j;
}

/* A job without a verdict.  It is given again soon, but not for ever: after
 * that it waits for its time like any other deferral. */
void
job_return(struct job *j, int begun)
{
	struct lane *l = j->lane;
	struct queue *q = queue_of_job(j);

	if (!begun)
		volume_back(l, j);
	lane_gives(l, j);
	if (begun && ++j->tries > TRIES) {
		verdict_defer(j, l);
		return;
	}
	TAILQ_INSERT_TAIL(&q->again, j, link);
	q->nagain++;
	dest_todo(q->dest);
	/* Its destination fell asleep while this lane was still busy. */
	if (q->dest->until || l->site->until)
		job_dissolve(q->dest);
}

/* 0: that is as much as goes into one. */
int
job_append(struct job *j, const struct bundle_rcpt *p, uint16_t index)
{
	j->index[j->n++] = index;
	field_putu16(&j->rcpts, (uint16_t)p->local.len);
	mem_check(stralloc_catb(&j->rcpts, p->local.s, p->local.len));
	field_putu8(
	    &j->rcpts, (uint8_t)(p->notify | (p->row.s ? BUNDLE_ROW : 0)));
	field_putu16(&j->rcpts, (uint16_t)p->orcpt.len);
	mem_check(stralloc_catb(&j->rcpts, p->orcpt.s, p->orcpt.len));
	if (p->row.s)
		field_putstr(&j->rcpts, p->row.s, p->row.len);
	return j->rcpts.len < BLOCK_ROOM;
}

static struct job *
like(const struct job *old, unsigned int max)
{
	struct job *j = mem_alloc(sizeof *j + max * sizeof *j->index);

	j->run = old->run;
	j->first = old->first;
	j->utf8 = old->utf8;
	j->open = old->open;
	open_hold(j->open);
	job_number(j);
	return j;
}

/* The marked recipients of j, which were too many for it, become jobs of their
 * own, of at most max recipients, that wait to be given.  The rest of j goes on
 * without them. */
void
job_rest(const struct job *j, const uint8_t *rest, unsigned int max)
{
	struct queue *q = queue_of_job(j);
	struct bundle_rcpt p;
	struct field block;
	struct job *to = NULL;
	uint16_t i;

	field_start(&block, j->rcpts.s, j->rcpts.len);
	for (i = 0; i < j->n && bundle_rcpt(&block, &p) == 1; i++) {
		if (!rest[i])
			continue;
		if (!to || to->n == max) {
			to = like(j, max);
			TAILQ_INSERT_TAIL(&q->again, to, link);
			q->nagain++;
			dest_todo(q->dest);
		}
		(void)job_append(to, &p, j->index[i]);
	}
}

/* When the destination sleeps nothing is kept but its runs. */
void
job_dissolve(struct dest *d)
{
	struct queue *q;
	struct job *j;

	TAILQ_FOREACH (q, &d->queues, link)
		while ((j = TAILQ_FIRST(&q->again)))
			dissolve(q, j);
}
