#include <stddef.h>
#include <string.h>

#include "broken.h"

/* The table is cut into sets of BROKEN_WAYS places; an address belongs to one
 * set.  That strangers can choose their addresses so that they all fall into
 * one set costs us a few forgotten hosts, nothing else. */
static unsigned int
set(const struct ip *ip)
{
	uint32_t h = ip->family;
	unsigned int i;

	for (i = 0; i < sizeof ip->addr; i++)
		h = h * 16777619u ^ ip->addr[i];
	return (h ^ h >> 15) % (BROKEN_MAX / BROKEN_WAYS) * BROKEN_WAYS;
}

void
broken_init(struct broken *b, double secs)
{
	memset(b, 0, sizeof *b);
	b->secs = secs;
}

static const struct broken_host *
find(const struct broken *b, const struct ip *ip, double now)
{
	const struct broken_host *h = &b->host[set(ip)];
	unsigned int i;

	for (i = 0; i < BROKEN_WAYS; i++, h++)
		if (h->when > 0 && now - h->when < b->secs &&
		    ip_equal(&h->ip, ip))
			return h;
	return NULL;
}

/* The place of this address, or the one to use for it. */
static struct broken_host *
place(struct broken *b, const struct ip *ip)
{
	struct broken_host *h = &b->host[set(ip)], *oldest = h;
	unsigned int i;

	for (i = 0; i < BROKEN_WAYS; i++, h++) {
		if (h->when > 0 && ip_equal(&h->ip, ip))
			return h;
		if (h->when < oldest->when)
			oldest = h;
	}
	return oldest;
}

static void
put(struct broken *b, const struct ip *ip, double now, int works)
{
	struct broken_host *h = place(b, ip);

	h->ip = *ip;
	h->works = (uint8_t)works;
	h->when = now;
}

int
broken_is(const struct broken *b, const struct ip *ip, double now)
{
	const struct broken_host *h = find(b, ip, now);

	return h && !h->works;
}

void
broken_works(struct broken *b, const struct ip *ip, double now)
{
	const struct broken_host *h = find(b, ip, now);

	/* Once an hour is enough to keep it. */
	if (!h || !h->works || now - h->when > 3600)
		put(b, ip, now, 1);
}

int
broken_add(struct broken *b, const struct ip *ip, double now, int sure)
{
	const struct broken_host *h = find(b, ip, now);

	if (!sure && h && h->works)
		return 0;
	put(b, ip, now, 0);
	return 1;
}
