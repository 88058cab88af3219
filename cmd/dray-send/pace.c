#include "cmd/dray-send/pace.h"

#define WINDOW 10 /* seconds */
#define WEIGHT 8 /* of all before a new one */

static void
move_on(struct pace *p, uint32_t now)
{
	uint32_t w = now / WINDOW;

	if (w == p->window)
		return;
	p->before = w == p->window + 1 ? p->count : 0;
	p->count = 0;
	p->window = w;
}

void
pace_add(struct pace *p, uint32_t now, uint32_t us)
{
	move_on(p, now);
	p->count++;
	if (!p->reply_us)
		p->reply_us = us;
	else
		p->reply_us += us / WEIGHT - p->reply_us / WEIGHT;
}

uint64_t
pace_rate(const struct pace *p, uint32_t now)
{
	struct pace c = *p;

	move_on(&c, now);
	return ((uint64_t)c.before + c.count) * 1000 / (WINDOW + now % WINDOW);
}
