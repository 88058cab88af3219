#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <skalibs/strerr.h>

#include "common/field.h"
#include "cmd/dray-queued/queued.h"

#define AGAIN 0.25 /* seconds between looks while there is no room */
#define READY 8 /* files to write over, at the start */
#define READY_SIZE (1 << 20) /* octets of each */
#define PLENTY (10 * READY * READY_SIZE) /* free besides what has to be */
#define QUIET 60 /* between two complaints that there is none */

static const char FULL[] = "the queue is full";
static const char PART[] = "the queue is full but for some streams";
static const char TIGHT[] = "too many messages at a time";

/* What dray-send says is in the queue, and how many messages it has ever taken
 * from new/ (spool/gauge, dray-spool(5)).  Where it has never run there is
 * nothing to count. */
static uint64_t
gauge(const struct queued *q, uint64_t *loaded_r)
{
	unsigned char b[24];
	struct field r;
	uint64_t n = 0;
	int fd = openat(q->spool.dir, "gauge", O_RDONLY | O_CLOEXEC);

	*loaded_r = 0;
	if (fd == -1)
		return 0;
	if (pread(fd, b, sizeof b, 0) == sizeof b) {
		field_start(&r, b, sizeof b);
		n = field_getu64(&r);
		(void)field_getu64(&r);
		*loaded_r = field_getu64(&r);
	}
	close(fd);
	return n;
}

/* How many messages there are: those that dray-send knows, and those that it has
 * not come to.  What was in new/ when this process began is not among them, so
 * they may seem to be fewer than none. */
static uint64_t
count(struct queued *q)
{
	uint64_t loaded, n = gauge(q, &loaded);

	if (loaded >= q->loaded)
		q->known += loaded - q->loaded;
	q->loaded = loaded;
	if (!q->looked || q->known > q->taken)
		q->known = q->taken;
	return n + (q->taken - q->known);
}

static const char *
find_full(struct queued *q)
{
	uint64_t bytes, inodes, n;

	if (spool_free(&q->spool, &bytes, &inodes) == -1)
		return "free disk space is unknown";
	if ((bytes < q->limit.min_free || inodes < q->limit.min_inodes) &&
	    !q->busy) {
		/* What is kept for reuse is the first to go. */
		spool_empty(&q->spool);
		if (spool_free(&q->spool, &bytes, &inodes) == -1)
			return "free disk space is unknown";
	}
	if (bytes < q->limit.min_free)
		return "disk space is short";
	if (inodes < q->limit.min_inodes)
		return "inodes are short";
	n = count(q);
	q->most = n < q->limit.max_messages
	    ? q->taken + (q->limit.max_messages - n)
	    : q->taken;
	return NULL;
}

/* What of the queue is kept for streams, but for st. */
static uint64_t
kept(const struct queued *q, const struct policy_stream *st)
{
	uint64_t percent = 0;
	unsigned int i;

	for (i = 0; i < q->nstream; i++)
		if (&q->stream[i] != st)
			percent += q->stream[i].reserved_queue;
	return q->limit.max_messages * percent / 100;
}

/* A shorter timeout holds at once, for clients that are inside a message,
 * too. */
static void
take_policy(struct queued *q)
{
	if (!policy_renew(&q->policy))
		return;
	policy_queue(&q->policy, &q->limit);
	stream_policy(q);
	if (ev_is_active(&q->slow)) {
		ev_timer_stop(q->loop, &q->slow);
		ev_timer_set(&q->slow, 0, 0);
		ev_timer_start(q->loop, &q->slow);
	}
}

/* Memory is not asked for here: what is refused for want of it is refused when
 * it is short, not when it may be soon. */
const char *
room_full(struct queued *q)
{
	if (q->full)
		return q->full;
	return q->taken >= q->most ? FULL : NULL;
}

/* One that has begun is let in, but not into what is kept for others. */
const char *
room_stream(const struct queued *q, const struct policy_stream *st)
{
	uint64_t n = kept(q, st);

	return n && q->taken + n >= q->most ? PART : NULL;
}

static const char *
any_full(struct queued *q)
{
	const char *full = room_full(q);

	return full ? full : room_stream(q, NULL);
}

/* Under overload it would be said each second. */
static void
say(struct queued *q)
{
	const char *full = any_full(q);
	ev_tstamp now = ev_now(q->loop);

	if (!full && q->told_full) {
		strerr_warni("taking messages again");
		q->told_full = 0;
	} else if (full && full != TIGHT && !q->told_full &&
	    (q->said_full + QUIET <= now || q->said_full > now)) {
		strerr_warnw("refusing messages: ", full);
		q->said_full = now;
		q->told_full = 1;
	}
}

static void
look(struct queued *q)
{
	take_policy(q);
	q->full = find_full(q);
	q->looked = ev_now(q->loop);
	say(q);
}

/* At most once a second, and only when a message comes or somebody asks: an idle
 * dray-queued does nothing. */
void
room_look(struct queued *q)
{
	ev_tstamp now = ev_now(q->loop);

	if (q->looked + 1 <= now || q->looked > now)
		look(q);
}

int
room_part(const char *state)
{
	return state == PART;
}

const char *
room_status(const char *state)
{
	return !state ? "" : state == TIGHT ? "4.3.2" : "4.3.1";
}

/* Who can wait is told before memory is short, so that what is under way has
 * some left. */
static const char *
state(struct queued *q)
{
	const char *full = any_full(q);

	if (q->memory > q->limit.memory / 4 * 3)
		q->tight = 1;
	else if (q->memory < q->limit.memory / 2)
		q->tight = 0;
	return full && full != PART ? full : q->tight ? TIGHT : full;
}

/* While clients are told not to begin messages, none makes us look. */
static void
look_again(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)revents;
	look(w->data);
}

/* Before the loop sleeps. */
static void
tell(struct ev_loop *loop, ev_prepare *w, int revents)
{
	struct queued *q = w->data;
	const char *now = q->looked ? state(q) : NULL;

	(void)revents;
	if (now != q->state && !q->ending) {
		q->state = now;
		client_tell(q);
	}
	if (!q->state || q->state == TIGHT || !q->nasked)
		ev_timer_stop(loop, &q->again);
	else if (!ev_is_active(&q->again))
		ev_timer_again(loop, &q->again);
}

/* A queue that has never had mail writes over files from the first message on,
 * as it does later; where there is plenty of room. */
static void
make_ready(struct queued *q)
{
	uint64_t bytes, inodes;

	if (spool_free(&q->spool, &bytes, &inodes) == 0 &&
	    bytes > q->limit.min_free + PLENTY)
		spool_ready(&q->spool, READY, READY_SIZE);
}

void
room_start(struct queued *q)
{
	make_ready(q);
	ev_prepare_init(&q->tell, tell);
	q->tell.data = q;
	ev_prepare_start(q->loop, &q->tell);
	ev_init(&q->again, look_again);
	q->again.repeat = AGAIN;
	q->again.data = q;
}
