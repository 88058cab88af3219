#include <stddef.h>
#include <stdlib.h>

#include "cmd/dray-send/send.h"
#include "common/mem.h"

/* Limits as they are in many groups, each once. */
struct shared {
	UT_hash_handle hh;
	uint32_t refs;
	struct policy_limits l;
};

static struct shared *shared;

/* The padding of what is handed over is zero. */
const struct policy_limits *
limits_take(const struct policy_limits *l)
{
	struct shared *s;

	HASH_FIND(hh, shared, l, sizeof *l, s);
	if (!s) {
		s = mem_alloc(sizeof *s);
		s->l = *l;
		HASH_ADD(hh, shared, l, sizeof *l, s);
	}
	s->refs++;
	return &s->l;
}

void
limits_drop(const struct policy_limits *l)
{
	struct shared *s;

	if (!l)
		return;
	HASH_FIND(hh, shared, l, sizeof *l, s);
	if (!s || --s->refs)
		return;
	HASH_DEL(shared, s);
	free(s);
}
