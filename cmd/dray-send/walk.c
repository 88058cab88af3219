#include "cmd/dray-send/send.h"

/*
 * What concerns all destinations goes through them by their numbers, for a few
 * milliseconds a turn, so that mail and questions wait for nobody.  Until it
 * has come to one that is served meanwhile, serve.c sees to it that nothing of
 * it leaves under an old policy.
 */
#define SLICE 0.003 /* seconds of a turn */
#define CHECK 64 /* numbers until the clock is looked at */

static struct {
	uint32_t site, dest; /* the next one; 0: that is done */
	int policy; /* it is a new one */
} walk;

void
walk_policy(void)
{
	walk.policy = 1;
	walk.site = walk.dest = 1;
}

void
walk_all(void)
{
	walk.dest = 1;
}

static void
visit_site(uint32_t n)
{
	struct site *s = numbers_at(&self.site, n);

	if (s)
		site_refresh(s);
}

static void
visit_dest(uint32_t n)
{
	struct dest *d = numbers_at(&self.dest, n);

	if (d && walk.policy)
		dest_refresh(d);
	else if (d)
		dest_todo(d);
}

/* Once a turn; 1 there is more to do. */
int
walk_turn(void)
{
	ev_tstamp until;
	unsigned int i = 0;

	if (!walk.site && !walk.dest)
		return 0;
	/* What it has found so far is looked at first. */
	if (self.todo.len)
		return 1;
	until = ev_time() + SLICE;
	while (walk.site || walk.dest) {
		if (++i % CHECK == 0 && ev_time() >= until)
			return 1;
		if (walk.site) {
			visit_site(walk.site++);
			if (walk.site >= self.site.n)
				walk.site = 0;
		} else {
			visit_dest(walk.dest++);
			if (walk.dest >= self.dest.n)
				walk.dest = walk.policy = 0;
		}
	}
	return 0;
}
