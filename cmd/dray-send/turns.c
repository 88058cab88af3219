#include "cmd/dray-send/turns.h"

uint8_t
turns_from(uint64_t mask, uint8_t at)
{
	uint64_t behind = mask >> at % TURNS_PARTS << at % TURNS_PARTS;

	return (uint8_t)__builtin_ctzll(behind ? behind : mask);
}

uint8_t
turns_choose(const struct turns *t, uint64_t mask, uint8_t at)
{
	uint8_t best = 0, part;
	uint64_t left;

	if (!mask)
		return 0;
	best = turns_from(mask, at);
	for (left = mask; left; left &= ~turns_bit(part)) {
		part = turns_from(left, at);
		if (t->count[part] < t->count[best])
			best = part;
	}
	return best;
}

void
turns_in(struct turns *t, uint8_t part)
{
	t->count[part]++;
	t->used |= turns_bit(part);
}

void
turns_out(struct turns *t, uint8_t part)
{
	if (--t->count[part] == 0)
		t->used &= ~turns_bit(part);
}
