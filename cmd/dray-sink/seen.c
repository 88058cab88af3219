#include <skalibs/strerr.h>
#include <stdlib.h>

#include "common/chars.h"
#include "seen.h"

struct entry {
	uint64_t hash; /* 0: free */
	uint64_t count;
	double first;
};

struct seen {
	struct entry *table;
	size_t mask; /* its size, a power of two, less one */
	size_t used;
};

static struct entry *
make_table(size_t n)
{
	struct entry *t = calloc(n, sizeof *t);

	if (!t)
		strerr_diefusys(111, "remember addresses");
	return t;
}

struct seen *
seen_new(void)
{
	struct seen *s = calloc(1, sizeof *s);

	if (!s)
		strerr_diefusys(111, "remember addresses");
	s->mask = 255;
	s->table = make_table(s->mask + 1);
	return s;
}

void
seen_free(struct seen *s)
{
	if (!s)
		return;
	free(s->table);
	free(s);
}

/* FNV-1a over the lower-case octets, then mixed so that low bits serve. */
static uint64_t
hash(const char *addr)
{
	uint64_t h = 0xcbf29ce484222325u;
	unsigned char c;

	while ((c = (unsigned char)chars_lower(*addr++)))
		h = (h ^ c) * 0x100000001b3u;
	h ^= h >> 32;
	h *= 0x9e3779b97f4a7c15u;
	h ^= h >> 29;
	return h ? h : 1;
}

static struct entry *
find(struct entry *table, size_t mask, uint64_t h)
{
	size_t i = h & mask;

	while (table[i].hash && table[i].hash != h)
		i = (i + 1) & mask;
	return table + i;
}

static void
grow(struct seen *s)
{
	size_t mask = 2 * s->mask + 1, i;
	struct entry *t = make_table(mask + 1);

	for (i = 0; i <= s->mask; i++)
		if (s->table[i].hash)
			*find(t, mask, s->table[i].hash) = s->table[i];
	free(s->table);
	s->table = t;
	s->mask = mask;
}

uint64_t
seen_add(struct seen *s, const char *addr, double now, double *first_r)
{
	uint64_t h = hash(addr);
	struct entry *e = find(s->table, s->mask, h);

	if (!e->hash) {
		if (s->used == SEEN_MAX) {
			*first_r = 0;
			return UINT64_MAX;
		}
		if (++s->used > s->mask / 2) {
			grow(s);
			e = find(s->table, s->mask, h);
		}
		e->hash = h;
		e->first = now;
	}
	*first_r = e->first;
	return ++e->count;
}
