#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <sodium.h>

#include "cmd/dray-auth/brake.h"
#include "common/keyhash.h"
#include "common/mem.h"

struct culprit {
	UT_hash_handle hh;
	TAILQ_ENTRY(culprit) in_order;
	unsigned char key[BRAKE_KEYLEN];
	unsigned int wrong;
	double last; /* it was wrong */
	double until; /* it has to wait */
};

static struct culprit *all;
static TAILQ_HEAD(, culprit) order = TAILQ_HEAD_INITIALIZER(order);

void
brake_user(struct brake *b, const char *name, size_t n)
{
	b->key[0] = 'u';
	(void)crypto_generichash(b->key + 1, BRAKE_KEYLEN - 1,
	    (const unsigned char *)name, n, NULL, 0);
}

void
brake_net(struct brake *b, const struct auth_net *net)
{
	memset(b, 0, sizeof *b);
	b->key[0] = 'n';
	memcpy(b->key + 1, net->octet, AUTH_NETLEN);
}

static void
forget(struct culprit *c)
{
	HASH_DEL(all, c);
	TAILQ_REMOVE(&order, c, in_order);
	free(c);
}

static struct culprit *
find(const struct brake *b, double now)
{
	struct culprit *c;

	HASH_FIND(hh, all, b->key, BRAKE_KEYLEN, c);
	if (c && c->last + BRAKE_MEMORY <= now) {
		forget(c);
		c = NULL;
	}
	return c;
}

int
brake_on(const struct brake *b, double now)
{
	const struct culprit *c = find(b, now);

	return c && c->until > now;
}

static double
pause_after(const struct culprit *c)
{
	double most = c->key[0] == 'u' ? BRAKE_USER : BRAKE_NET;
	unsigned int over;

	if (c->wrong < BRAKE_FREE)
		return 0;
	over = c->wrong - BRAKE_FREE;
	if (over > 20 || (double)(1u << over) > most)
		return most;
	return (double)(1u << over);
}

void
brake_wrong(const struct brake *b, double now)
{
	struct culprit *c = find(b, now);

	if (c) {
		TAILQ_REMOVE(&order, c, in_order);
	} else {
		if (HASH_COUNT(all) >= BRAKE_MAX)
			forget(TAILQ_FIRST(&order));
		c = mem_alloc(sizeof *c);
		memcpy(c->key, b->key, BRAKE_KEYLEN);
		HASH_ADD(hh, all, key, BRAKE_KEYLEN, c);
	}
	TAILQ_INSERT_TAIL(&order, c, in_order);
	c->wrong++;
	c->last = now;
	c->until = now + pause_after(c);
}
