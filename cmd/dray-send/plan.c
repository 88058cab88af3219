#include <stdlib.h>
#include <string.h>

#include "cmd/dray-send/plan.h"
#include "cmd/dray-send/send.h"
#include "common/mem.h"

#define PLANS_MAX 65536
#define ELSEWHERE (PLANS_MAX - 1) /* the bundle has it */
#define KEY_MAX (8 + BUNDLE_WINDOWMAX)

struct plan {
	UT_hash_handle hh;
	uint64_t start;
	struct bundle_str windows; /* in key */
	uint32_t refs;
	uint16_t number;
	size_t len;
	char key[];
};

static struct plan *plans;
static struct plan *table[PLANS_MAX];
static uint16_t vacant[PLANS_MAX];
static uint32_t nvacant;

void
plan_init(void)
{
	uint32_t i;

	for (i = ELSEWHERE - 1; i > 0; i--)
		vacant[nvacant++] = (uint16_t)i;
}

static struct plan *
add(const struct bundle_msg *m, const char *key, size_t len)
{
	struct plan *p = mem_alloc(sizeof *p + len);

	memcpy(p->key, key, len);
	p->len = len;
	p->start = m->start;
	p->windows.s = p->key + 8;
	p->windows.len = len - 8;
	p->number = vacant[--nvacant];
	table[p->number] = p;
	HASH_ADD_KEYPTR(hh, plans, p->key, p->len, p);
	return p;
}

uint16_t
plan_take(const struct bundle_msg *m)
{
	char key[KEY_MAX];
	size_t len = 8 + m->windows.len;
	struct plan *p;

	if (!m->start && !m->windows.len)
		return 0;
	field_pack64((unsigned char *)key, m->start);
	memcpy(key + 8, m->windows.s, m->windows.len);
	HASH_FIND(hh, plans, key, len, p);
	if (!p && !nvacant)
		return ELSEWHERE;
	if (!p)
		p = add(m, key, len);
	p->refs++;
	return p->number;
}

void
plan_drop(uint16_t n)
{
	struct plan *p = table[n];

	if (!p || --p->refs)
		return;
	HASH_DEL(plans, p);
	table[n] = NULL;
	vacant[nvacant++] = n;
	free(p);
}

/* What cannot be read now is not held back for it: it cannot be delivered,
 * either. */
static uint32_t
looked_up(const struct run *r, uint32_t when)
{
	struct open *o = open_get(run_msg(r)->slot);
	struct bundle_msg m;

	if (!o || bundle_msg(&o->b, run_msg(r)->number, &m) == -1)
		return when;
	return bundle_open_at(m.start, &m.windows, when);
}

uint32_t
plan_at(const struct run *r, uint32_t when)
{
	const struct plan *p = table[run_msg(r)->plan];

	if (!run_msg(r)->plan)
		return when;
	return p ? bundle_open_at(p->start, &p->windows, when)
		 : looked_up(r, when);
}

int
plan_shut(const struct run *r)
{
	return run_msg(r)->plan && plan_at(r, dest_now()) > dest_now();
}
