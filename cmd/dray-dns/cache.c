#include <stdlib.h>
#include <string.h>

#include "cmd/dray-dns/cache.h"
#include "common/mem.h"

void
cache_init(struct cache *c, size_t max)
{
	memset(c, 0, sizeof *c);
	TAILQ_INIT(&c->used);
	c->max = max;
}

static size_t
size(const struct answer *a)
{
	return sizeof *a + a->n + a->namelen;
}

static void
drop(struct cache *c, struct answer *a)
{
	HASH_DEL(c->table, a);
	TAILQ_REMOVE(&c->used, a, link);
	c->octets -= size(a);
	c->n--;
	free(a);
}

const struct answer *
cache_find(struct cache *c, const char *name, size_t len, uint64_t now)
{
	struct answer *a;

	HASH_FIND(hh, c->table, name, len, a);
	if (!a)
		return NULL;
	if (a->until <= now) {
		drop(c, a);
		return NULL;
	}
	TAILQ_REMOVE(&c->used, a, link);
	TAILQ_INSERT_TAIL(&c->used, a, link);
	return a;
}

static void
make_room(struct cache *c)
{
	while (c->table && (c->n > c->max || c->octets / CACHE_OCTETS > c->max))
		drop(c, TAILQ_FIRST(&c->used));
}

void
cache_put(struct cache *c, const char *name, size_t len, const void *data,
    size_t n, uint64_t until)
{
	struct answer *a;

	if (!c->max)
		return;
	a = mem_alloc(sizeof *a + n + len);
	a->until = until;
	a->n = (uint32_t)n;
	a->namelen = (uint32_t)len;
	a->name = a->data + n;
	memcpy(a->data, data, n);
	memcpy(a->name, name, len);
	HASH_ADD_KEYPTR(hh, c->table, a->name, len, a);
	TAILQ_INSERT_TAIL(&c->used, a, link);
	c->octets += size(a);
	c->n++;
	make_room(c);
}
