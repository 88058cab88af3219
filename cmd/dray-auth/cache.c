#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <sodium.h>

#include "cmd/dray-auth/cache.h"
#include "common/keyhash.h"
#include "common/mem.h"

struct cached {
	UT_hash_handle hh;
	TAILQ_ENTRY(cached) in_order;
	unsigned char key[CACHE_KEYLEN];
	double until;
	int good;
	unsigned int nnet;
	struct auth_net net[CACHE_NETS];
};

static struct cached *all;
static TAILQ_HEAD(, cached) order = TAILQ_HEAD_INITIALIZER(order);
static unsigned char secret[crypto_generichash_KEYBYTES];

void
cache_start(void)
{
	randombytes_buf(secret, sizeof secret);
}

static void
put(crypto_generichash_state *h, const char *s, size_t n)
{
	const uint64_t len = n;

	(void)crypto_generichash_update(
	    h, (const unsigned char *)&len, sizeof len);
	(void)crypto_generichash_update(h, (const unsigned char *)s, n);
}

void
cache_key(unsigned char *key, const char *user, size_t ulen,
    const char *password, size_t plen, const char *hash)
{
	crypto_generichash_state h;

	(void)crypto_generichash_init(&h, secret, sizeof secret, CACHE_KEYLEN);
	put(&h, user, ulen);
	put(&h, password, plen);
	put(&h, hash, strlen(hash));
	(void)crypto_generichash_final(&h, key, CACHE_KEYLEN);
	sodium_memzero(&h, sizeof h);
}

static void
forget(struct cached *c)
{
	HASH_DEL(all, c);
	TAILQ_REMOVE(&order, c, in_order);
	free(c);
}

struct cached *
cache_find(const unsigned char *key, double now)
{
	struct cached *c;

	HASH_FIND(hh, all, key, CACHE_KEYLEN, c);
	if (c && c->until <= now) {
		forget(c);
		c = NULL;
	}
	return c;
}

struct cached *
cache_add(const unsigned char *key, int good, double now)
{
	struct cached *c = cache_find(key, now);

	if (c)
		forget(c);
	if (HASH_COUNT(all) >= CACHE_MAX)
		forget(TAILQ_FIRST(&order));
	c = mem_alloc(sizeof *c);
	memcpy(c->key, key, CACHE_KEYLEN);
	c->good = good;
	c->until = now + (good ? CACHE_GOOD : CACHE_WRONG);
	HASH_ADD(hh, all, key, CACHE_KEYLEN, c);
	TAILQ_INSERT_TAIL(&order, c, in_order);
	return c;
}

int
cache_good(const struct cached *c)
{
	return c->good;
}

int
cache_knows(const struct cached *c, const struct auth_net *net)
{
	unsigned int i;

	for (i = 0; i < c->nnet; i++)
		if (memcmp(&c->net[i], net, sizeof *net) == 0)
			return 1;
	return 0;
}

void
cache_learn(struct cached *c, const struct auth_net *net)
{
	if (cache_knows(c, net))
		return;
	if (c->nnet < CACHE_NETS)
		c->nnet++;
	memmove(c->net + 1, c->net, (c->nnet - 1) * sizeof *net);
	c->net[0] = *net;
}
