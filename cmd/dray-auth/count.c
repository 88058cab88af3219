#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "cmd/dray-auth/count.h"
#include "cmd/dray-auth/users.h"
#include "common/authproto.h"
#include "common/keyhash.h"
#include "common/mem.h"
#include "common/policy.h"

#define DAY 86400.

struct count {
	UT_hash_handle hh;
	struct daycount r; /* its key, the day and how many */
	uint32_t place; /* in the file */
	double full; /* when all that the rate lets through is there again */
};

static struct ev_loop *theloop;
static struct count *all;
static uint32_t places; /* that are taken */

static uint32_t
today(void)
{
	return (uint32_t)(ev_now(theloop) / DAY);
}

static struct count *
make(const unsigned char *key, uint32_t place)
{
	struct count *c = mem_alloc(sizeof *c);

	memcpy(c->r.key, key, DAYCOUNT_KEYLEN);
	c->r.day = today();
	c->place = place;
	HASH_ADD(hh, all, r.key, DAYCOUNT_KEYLEN, c);
	return c;
}

static void
on_record(void *arg, const struct daycount *r)
{
	struct count *c = make(r->key, places++);

	(void)arg;
	c->r = *r;
}

void
count_start(struct ev_loop *loop)
{
	theloop = loop;
	countfile_start(loop, today(), on_record);
}

/* One whose day and rate are over has a place to give. */
static struct count *
take_over(const unsigned char *key)
{
	struct count *c, *next;
	uint32_t place;

	HASH_ITER (hh, all, c, next) {
		if (c->r.day >= today() || c->full > ev_now(theloop))
			continue;
		place = c->place;
		HASH_DEL(all, c);
		free(c);
		return make(key, place);
	}
	return NULL;
}

static void
key_of(unsigned char *key, const char *user, size_t n)
{
	(void)crypto_generichash(
	    key, DAYCOUNT_KEYLEN, (const unsigned char *)user, n, NULL, 0);
}

/* A clock that is set back does not begin a day anew. */
static struct count *
find(const char *user, size_t n, int create)
{
	unsigned char key[DAYCOUNT_KEYLEN];
	struct count *c;

	key_of(key, user, n);
	HASH_FIND(hh, all, key, DAYCOUNT_KEYLEN, c);
	if (!c && create)
		c = places < COUNT_MAX ? make(key, places++) : take_over(key);
	if (c && c->r.day < today()) {
		c->r.day = today();
		c->r.count = 0;
	}
	return c;
}

/* Seconds until the rate lets one more through; 0: now, and it is counted. */
static double
pass(struct count *c, uint64_t rate)
{
	double now = ev_now(theloop), period = POLICY_RATE_SECONDS(rate),
	       each = period / POLICY_RATE_COUNT(rate),
	       at = c->full > now ? c->full : now;

	if (at > now + period)
		at = now + period; /* the rate was lower before */
	if (at + each > now + period + 1e-6)
		return at + each - now - period;
	c->full = at + each;
	return 0;
}

static char
take(struct count *c, const struct account *a, uint64_t *n_r)
{
	double wait;

	if (a->quota && c->r.count >= a->quota) {
		*n_r = a->quota;
		return AUTH_QUOTA;
	}
	wait = a->rate ? pass(c, a->rate) : 0;
	if (wait > 0) {
		*n_r = (uint64_t)wait + 1;
		return AUTH_RATE;
	}
	c->r.count++;
	countfile_put(c->place, &c->r);
	return AUTH_GOOD;
}

char
count_take(const char *user, size_t n, uint32_t *day_r, uint64_t *n_r)
{
	struct account a;
	struct count *c;

	*day_r = today();
	*n_r = 0;
	if (!users_find(&a, user, n))
		return AUTH_WRONG;
	if (!a.quota && !a.rate)
		return AUTH_GOOD;
	c = find(user, n, 1);
	if (!c)
		return AUTH_BUSY;
	*day_r = c->r.day;
	return take(c, &a, n_r);
}

void
count_give(const char *user, size_t n, uint32_t day)
{
	struct count *c = find(user, n, 0);
	struct account a;

	if (!c || c->r.day != day || !c->r.count)
		return;
	c->r.count--;
	countfile_put(c->place, &c->r);
	if (users_find(&a, user, n) && a.rate)
		c->full -= (double)POLICY_RATE_SECONDS(a.rate) /
		    POLICY_RATE_COUNT(a.rate);
}
