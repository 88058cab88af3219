#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <skalibs/strerr.h>

#include "common/field.h"
#include "cmd/dray-queued/queued.h"

/* What dray-send says is in the queue (spool/gauge, dray-spool(5)).  Where it
 * has never run there is nothing to count. */
static uint64_t
gauge(const struct queued *q)
{
	unsigned char b[8];
	struct field r;
	uint64_t n = 0;
	int fd = openat(q->spool.dir, "gauge", O_RDONLY | O_CLOEXEC);

	if (fd == -1)
		return 0;
	if (pread(fd, b, sizeof b, 0) == sizeof b) {
		field_start(&r, b, sizeof b);
		n = field_getu64(&r);
	}
	close(fd);
	return n;
}

static const char *
find_full(struct queued *q)
{
	uint64_t bytes, inodes;

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
	if (gauge(q) + q->since >= q->limit.max_messages)
		return "the queue is full";
	return NULL;
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

/* At most once a second, and only when a message comes: an idle dray-queued
 * does nothing. */
void
room_look(struct queued *q)
{
	ev_tstamp now = ev_now(q->loop);
	const char *full;

	if (q->looked + 1 > now && q->looked <= now)
		return;
	q->looked = now;
	q->since = 0;
	take_policy(q);
	full = find_full(q);
	if (full != q->full) {
		if (full)
			strerr_warnw("refusing messages: ", full);
		else
			strerr_warni("taking messages again");
	}
	q->full = full;
}
