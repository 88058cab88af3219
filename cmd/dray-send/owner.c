#include <stdlib.h>
#include <string.h>

#include "cmd/dray-send/owner.h"
#include "cmd/dray-send/quota.h"
#include "cmd/dray-send/send.h"
#include "common/mem.h"

#define OWNERS 65536

struct entry {
	UT_hash_handle hh;
	struct owner o;
	uint16_t number;
	size_t len;
	char key[];
};

static struct entry *owners;
static struct entry *table[OWNERS];
static uint16_t vacant[OWNERS];
static uint32_t nvacant;

/* Small numbers first: those that differ in their last digits have queues and
 * turns of their own. */
void
owner_init(void)
{
	uint32_t i;

	for (i = OWNERS - 1; i > 0; i--)
		vacant[nvacant++] = (uint16_t)i;
}

/* The length of the first stands in front, so that no two have the same key. */
static size_t
make_key(char *key, const struct bundle_msg *m)
{
	size_t n = 0;

	key[n++] = (char)m->tenant.len;
	memcpy(key + n, m->tenant.s, m->tenant.len);
	n += m->tenant.len;
	memcpy(key + n, m->campaign.s, m->campaign.len);
	return n + m->campaign.len;
}

struct owner *
owner_at(uint16_t n)
{
	return table[n] ? &table[n]->o : NULL;
}

uint16_t
owner_take(const struct bundle_msg *m)
{
	char key[2 * BUNDLE_NAMEMAX + 1];
	struct entry *e;
	size_t len;

	if (m->tenant.len > BUNDLE_NAMEMAX || m->campaign.len > BUNDLE_NAMEMAX)
		return 0;
	len = make_key(key, m);
	HASH_FIND(hh, owners, key, len, e);
	if (!e && !nvacant)
		return 0;
	if (!e) {
		e = mem_alloc(sizeof *e + len);
		memcpy(e->key, key, len);
		e->len = len;
		e->o.tenant.s = e->key + 1;
		e->o.tenant.len = m->tenant.len;
		e->o.campaign.s = e->key + 1 + m->tenant.len;
		e->o.campaign.len = m->campaign.len;
		e->o.generation = UINT64_MAX;
		e->number = vacant[--nvacant];
		table[e->number] = e;
		HASH_ADD_KEYPTR(hh, owners, e->key, e->len, e);
	}
	e->o.refs++;
	return e->number;
}

void
owner_drop(uint16_t n)
{
	struct entry *e = table[n];

	if (!e || --e->o.refs)
		return;
	quota_forget(&e->o);
	HASH_DEL(owners, e);
	table[n] = NULL;
	vacant[nvacant++] = n;
	free(e);
}
