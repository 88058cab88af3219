/*
 * msgset - which messages were met: numbers of 64 bits, none of them 0.
 *
 *   msgset_add(s, n)      1 if n is new, 0 if it was there
 *   msgset_free(s)
 *
 * Sixteen to thirty-two octets a message, for as long as a command works.
 */
#ifndef DRAY_SEND_MSGSET_H
#define DRAY_SEND_MSGSET_H

#include <stddef.h>
#include <stdint.h>

struct msgset {
	uint64_t *n;
	size_t len, room;
};

int msgset_add(struct msgset *s, uint64_t n);
void msgset_free(struct msgset *s);

#endif
