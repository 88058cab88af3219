#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/dray-queued/queued.h"
#include "common/mem.h"
#include "common/thread.h"

#define ENTRY 100 /* octets of a message in the index, but its strings */
#define RUN 32 /* and of a run, but its domain */

/*
 * One batch at a time goes to the thread: one bundle of the small messages
 * that ended while the last batch was synced, and each large message in its
 * own.  The main loop takes new messages meanwhile, so the number of syncs
 * follows the disk.
 */
struct commit {
	struct queued *q;
	ev_prepare gather;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	int given; /* guarded by lock */
	struct messages batch; /* the thread's while given */
	struct bundlemake **small;
	size_t nsmall, room;
	char name[SPOOL_IDMAX + 1]; /* of the bundle of the small ones */
	uint64_t bytes;
};

static void
set_ids(struct message *g, const char *name, size_t n)
{
	snprintf(g->id, sizeof g->id, "%s-%zu", name, n);
}

/* It may be in new/ already; dray-send may even have taken it, which costs a
 * duplicate. */
static void
undo(const struct spool *s, const char *name)
{
	spool_undo(s->tmp, s->fresh, name);
}

/* Over a finished file: fd, whose name is old. */
static int
write_over(
    const struct commit *c, const struct spool *s, int fd, const char *old)
{
	int r = bundlemake_write(fd, c->name, c->small, c->nsmall);

	if (r == 0)
		r = spool_put_over(s, fd, old, c->name);
	if (r == -1)
		spool_undo_over(s, old, c->name);
	return r;
}

static int
write_new(const struct commit *c, const struct spool *s, int fd)
{
	int r = bundlemake_write(fd, c->name, c->small, c->nsmall);

	if (r == 0)
		r = spool_put(fd, s->tmp, s->fresh, c->name);
	if (r == -1)
		undo(s, c->name);
	return r;
}

/* *named: new/ has to be synced before it is durable. */
static int
write_small(struct commit *c, struct spool *s, int *named)
{
	char old[SPOOL_IDMAX + 1];
	int fd = spool_reuse(s, old), r;

	*named = fd == -1;
	if (*named)
		fd = spool_create(s->tmp, c->name);
	if (fd == -1)
		return -1;
	r = *named ? write_new(c, s, fd) : write_over(c, s, fd, old);
	close(fd);
	return r;
}

static int
write_large(struct message *g, const struct spool *s)
{
	struct bundlemake *m = &g->m;
	int r = bundlemake_write(g->fd, g->name, &m, 1);

	if (r == 0)
		r = spool_put(g->fd, s->tmp, s->fresh, g->name);
	if (r == -1)
		undo(s, g->name);
	return r;
}

/* In a ledger from before it is in new/ on, so that it stays accepted. */
static int
write_chunk(struct message *g, const struct spool *s)
{
	struct bundlemake *m = &g->m;

	if (bundlemake_write(g->fd, g->name, &m, 1) == -1 ||
	    fdatasync(g->fd) == -1 || spool_commit(s->tmp) == -1 ||
	    campaign_record(g, s) == -1) {
		if (!g->doubt)
			undo(s, g->name);
		return -1;
	}
	g->doubt = 1;
	return spool_move(s->tmp, s->fresh, g->name);
}

static int
write_own(struct message *g, const struct spool *s)
{
	return g->campaign ? write_chunk(g, s) : write_large(g, s);
}

/* Everything is put into new/ first, then that is committed, once, if a name
 * there matters: what was written over a finished file is found without.  The
 * thread only notes errors; what they mean is decided in the main loop. */
static void
make_durable(struct commit *c)
{
	struct spool *s = &c->q->spool;
	struct message *g;
	int small, named = 0, dir, full;

	small = c->nsmall && write_small(c, s, &named) == -1 ? errno : 0;
	full = small == ENOSPC;
	TAILQ_FOREACH (g, &c->batch, in_batch) {
		named |= g->fd != -1;
		g->error = g->fd == -1	    ? small
		    : write_own(g, s) == -1 ? errno
					    : 0;
		full |= g->error == ENOSPC;
	}
	/* What is kept for reuse makes room for the next batch. */
	if (full)
		spool_empty(s);
	dir = named && spool_commit(s->fresh) == -1 ? errno : 0;
	TAILQ_FOREACH (g, &c->batch, in_batch) {
		if (dir && !g->error) {
			g->error = dir;
			if (!g->doubt)
				undo(s, g->fd == -1 ? c->name : g->name);
		}
	}
}

static void *
work(void *arg)
{
	struct commit *c = arg;

	for (;;) {
		pthread_mutex_lock(&c->lock);
		while (!c->given)
			pthread_cond_wait(&c->wake, &c->lock);
		pthread_mutex_unlock(&c->lock);
		make_durable(c);
		pthread_mutex_lock(&c->lock);
		c->given = 0;
		pthread_mutex_unlock(&c->lock);
		ev_async_send(c->q->loop, &c->q->committed);
	}
	return NULL;
}

/* What a message adds to a bundle, at most: its octets and its part of the
 * index, with a run for every recipient. */
static uint64_t
bytes_of(const struct message *g)
{
	return g->m.meta.stored + g->m.text.len + ENTRY + g->m.rcpts.len +
	    g->m.nrcpt * RUN;
}

static void
add_small(struct commit *c, struct message *g)
{
	if (c->nsmall == c->room) {
		c->room = c->room ? c->room * 2 : 64;
		c->small = mem_grow(c->small, c->room, sizeof *c->small);
	}
	set_ids(g, c->name, c->nsmall);
	g->m.meta.number = (uint32_t)c->nsmall;
	c->small[c->nsmall++] = &g->m;
	c->bytes += bytes_of(g);
}

/* Alone it always does.  The index has to fit, too. */
static int
fits(const struct commit *c, const struct message *g)
{
	const struct policy_queue *l = &c->q->limit;
	uint64_t most = l->bundle_size;

	if (most > BUNDLE_INDEXMAX)
		most = BUNDLE_INDEXMAX;
	return c->nsmall == 0 ||
	    (c->nsmall < l->bundle_messages && c->bytes + bytes_of(g) <= most);
}

/* Hands the next batch to the thread if it is idle: before the loop sleeps, so
 * that all whose messages came at the same time share it. */
static void
commit_some(struct ev_loop *loop, ev_prepare *w, int revents)
{
	struct queued *q = w->data;
	struct commit *c = q->commit;
	struct message *g;
	struct spool_id id;

	(void)loop;
	(void)revents;
	if (q->busy || TAILQ_EMPTY(&q->pending))
		return;
	spool_idnew(&q->spool, &id);
	spool_idfmt(c->name, &id);
	c->nsmall = c->bytes = 0;
	while ((g = TAILQ_FIRST(&q->pending))) {
		if (g->fd == -1 && !fits(c, g))
			break;
		TAILQ_REMOVE(&q->pending, g, in_batch);
		TAILQ_INSERT_TAIL(&c->batch, g, in_batch);
		if (g->fd == -1)
			add_small(c, g);
		else
			set_ids(g, g->name, 0);
	}
	q->busy = 1;
	pthread_mutex_lock(&c->lock);
	c->given = 1;
	pthread_cond_signal(&c->wake);
	pthread_mutex_unlock(&c->lock);
}

struct commit *
commit_start(struct queued *q)
{
	struct commit *c = mem_alloc(sizeof *c);

	c->q = q;
	TAILQ_INIT(&c->batch);
	pthread_mutex_init(&c->lock, NULL);
	pthread_cond_init(&c->wake, NULL);
	ev_prepare_init(&c->gather, commit_some);
	c->gather.data = q;
	ev_prepare_start(q->loop, &c->gather);
	thread_start(work, c, "the committing thread");
	return c;
}

/* A bundle that cannot be made (EFBIG) holds one message alone: more
 * recipients than the format has room for.  It will never fit. */
static void
settle(struct queued *q, struct message *g)
{
	char text[120];
	int e = g->error;

	if (e == 0) {
		g->state = ACCEPTED;
		return;
	}
	q->taken--;
	if (e == EFBIG) {
		message_refuse(g, '5', "5.5.3", "too many recipients");
		return;
	}
	snprintf(
	    text, sizeof text, "cannot write to the spool: %s", strerror(e));
	message_refuse(
	    g, '4', e == ENOSPC || e == EDQUOT ? "4.3.1" : "4.3.0", text);
	queued_complain(q, text);
}

/* dray-send is woken before the verdicts go out: it can work while the
 * clients read.  A message is settled only when its turn comes, since a client
 * that is lost meanwhile frees all its messages but those still committing. */
void
commit_done(struct ev_loop *loop, ev_async *w, int revents)
{
	struct queued *q = w->data;
	struct commit *c = q->commit;
	struct message *g;

	(void)revents;
	pthread_mutex_lock(&c->lock); /* what the thread noted is seen now */
	pthread_mutex_unlock(&c->lock);
	q->busy = 0;
	spool_pull(&q->spool);
	while ((g = TAILQ_FIRST(&c->batch))) {
		TAILQ_REMOVE(&c->batch, g, in_batch);
		settle(q, g);
		if (g->fd != -1)
			close(g->fd);
		g->fd = -1;
		if (g->client)
			client_verdicts(g->client);
		else
			message_free(q, g);
	}
	if (q->ending && TAILQ_EMPTY(&q->pending))
		ev_break(loop, EVBREAK_ALL);
}
