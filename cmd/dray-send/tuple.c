#include <stdlib.h>
#include <string.h>

#include "cmd/dray-send/send.h"
#include "cmd/dray-send/tuple.h"
#include "common/mem.h"

#define TUPLES_MAX 65536
#define KEY_MAX (BUNDLE_ADDRMAX + 2 * BUNDLE_NAMEMAX)

struct entry {
	UT_hash_handle hh;
	struct tuple t;
	uint32_t refs;
	uint16_t number;
	size_t len;
	char key[];
};

static struct entry *entries;
static struct entry *table[TUPLES_MAX];
static uint16_t vacant[TUPLES_MAX];
static uint32_t nvacant;

void
tuple_init(void)
{
	uint32_t i;

	for (i = TUPLES_MAX - 1; i > 0; i--)
		vacant[nvacant++] = (uint16_t)i;
}

const struct tuple *
tuple_at(uint16_t n)
{
	return &table[n]->t;
}

static char *
put(char *d, struct bundle_str *to, const struct bundle_str *s)
{
	memcpy(d, s->s, s->len);
	to->s = d;
	to->len = s->len;
	return d + s->len;
}

static char *
lay_out(char *d, struct tuple *t, const struct bundle_msg *m)
{
	unsigned char n = (unsigned char)m->tenant.len;
	unsigned char c = (unsigned char)m->campaign.len;

	/* Their lengths stand in front, so that no two have the same key. */
	*d++ = (char)n;
	*d++ = (char)c;
	d = put(d, &t->tenant, &m->tenant);
	d = put(d, &t->campaign, &m->campaign);
	return put(d, &t->sender, &m->sender);
}

uint16_t
tuple_take(const struct bundle_msg *m)
{
	char key[KEY_MAX + 2];
	struct entry *e;
	struct tuple t;
	size_t len;

	if (m->tenant.len > BUNDLE_NAMEMAX ||
	    m->campaign.len > BUNDLE_NAMEMAX || m->sender.len > BUNDLE_ADDRMAX)
		return 0;
	len = (size_t)(lay_out(key, &t, m) - key);
	HASH_FIND(hh, entries, key, len, e);
	if (!e && !nvacant)
		return 0;
	if (!e) {
		e = mem_alloc(sizeof *e + len);
		e->len = (size_t)(lay_out(e->key, &e->t, m) - e->key);
		e->number = vacant[--nvacant];
		table[e->number] = e;
		HASH_ADD_KEYPTR(hh, entries, e->key, e->len, e);
	}
	e->refs++;
	return e->number;
}

void
tuple_drop(uint16_t n)
{
	struct entry *e = table[n];

	if (!e || --e->refs)
		return;
	HASH_DEL(entries, e);
	table[n] = NULL;
	vacant[nvacant++] = n;
	free(e);
}
