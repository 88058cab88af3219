#include <string.h>
#include <time.h>

#include "cmd/dray-bounce/back.h"
#include "common/loghead.h"
#include "common/mem.h"

uint64_t
back_clock(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec;
}

void
backcount(struct back *b, enum back_count what)
{
	struct back_sums *s = &b->sums;

	if (!s->since)
		s->since = loghead_now();
	s->n[what]++;
}

/* Anybody can send what has no token. */
int
backcount_may(struct back *b)
{
	struct back_sums *s = &b->sums;
	uint64_t now = back_clock();

	if (!s->minute || now >= s->minute + BACK_MINUTE) {
		s->minute = now;
		s->used = 0;
	}
	return s->used < BACK_ALLOWANCE && ++s->used;
}

/* What a token and a meaning come to; the token is made of keyed hashes, so
 * nobody chooses where it stands. */
static uint64_t
mark(const struct token *t, uint8_t sort, uint8_t class, uint8_t action)
{
	uint64_t h, more;
	uint32_t list;

	memcpy(&h, t->address, sizeof h);
	memcpy(&list, t->campaign, sizeof list);
	more = (uint64_t)t->arrival << 32 | list;
	h ^= more * UINT64_C(0x9e3779b97f4a7c15);
	h += (uint64_t)sort << 16 | (uint64_t) class << 8 | action;
	h *= UINT64_C(0xff51afd7ed558ccd);
	h ^= h >> 29;
	return h ? h : 1;
}

/* Who has one token could say the same as often as he likes. */
int
backcount_isnew(
    struct back *b, const struct report *r, uint8_t class, uint8_t action)
{
	uint64_t h = mark(&r->token, r->sort, class, action), *p;

	if (!b->sums.seen)
		b->sums.seen = mem_array(BACK_SEEN, sizeof *b->sums.seen);
	p = &b->sums.seen[h % BACK_SEEN];
	if (*p == h)
		return 0;
	*p = h;
	return 1;
}

int
backcount_due(struct back *b)
{
	const struct back_sums *s = &b->sums;
	uint64_t now = back_clock();

	if (!s->since)
		return -1;
	if (!s->told || now >= s->told + BACK_MINUTE)
		return 0;
	return (int)(s->told + BACK_MINUTE - now);
}
