/*
 * turns - whose turn it is among the owners of mail: things in a list for each
 * owner, which take turns.  What has mail of several owners is in the list that
 * is shortest, so that an owner who has little is not missed behind one who has
 * much everywhere.
 *
 *   turns_bit(owner)         owners beyond TURNS_PARTS share a list
 *   turns_from(mask, at)     the next of these, from at on, in a circle; mask is
 *                            not 0
 *   turns_choose(t, mask, at)
 *                            the one of these whose list is shortest; of equals
 *                            the next from at on.  0 if there is none
 *   turns_in(t, part), turns_out(t, part)
 *                            one more, one less is in that list
 *   t->used                  the lists that are not empty
 */
#ifndef DRAY_SEND_TURNS_H
#define DRAY_SEND_TURNS_H

#include <stdint.h>

#define TURNS_PARTS 64

struct turns {
	uint64_t used;
	uint32_t count[TURNS_PARTS];
};

static inline uint64_t
turns_bit(unsigned int owner)
{
	return UINT64_C(1) << owner % TURNS_PARTS;
}

uint8_t turns_from(uint64_t mask, uint8_t at);
uint8_t turns_choose(const struct turns *t, uint64_t mask, uint8_t at);
void turns_in(struct turns *t, uint8_t part);
void turns_out(struct turns *t, uint8_t part);

#endif
