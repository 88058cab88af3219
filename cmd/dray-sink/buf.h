/*
 * buf - octets on their way out: added behind, taken off in front.
 *
 *   buf_add(b, s, n)      appends n octets; ends the program if there is no
 *                         memory for them
 *   buf_take(b, n)        the first n octets are gone
 *   buf_free(b)           gives up the memory; b is empty afterwards
 *
 * The octets are b->len at b->s + b->pos.  A buffer of zeros is empty.
 */
#ifndef DRAY_BUF_H
#define DRAY_BUF_H

#include <stddef.h>

struct buf {
	char *s;
	size_t pos, len, room;
};

void buf_add(struct buf *b, const char *s, size_t n);
void buf_take(struct buf *b, size_t n);
void buf_free(struct buf *b);

#endif
