/*
 * book - finds things that have numbers (numbers.h) by a key.  Each begins with
 * a struct leaf: eight octets instead of the fifty-six of uthash, since there
 * may be millions.
 *
 *   book_add(b, n, hash)  the thing with this number; hash is of its key
 *   book_del(b, n)        before the number is given back
 *   book_look(b, hash)    a thing with this hash, whose key is still to be
 *                         compared; NULL there is none
 *   book_more(b, leaf)    the next one with the same hash
 *   b->used               how many are in it
 */
#ifndef DRAY_SEND_BOOK_H
#define DRAY_SEND_BOOK_H

#include <stdint.h>

#include "cmd/dray-send/numbers.h"

struct leaf {
	uint32_t next;
	uint32_t hash;
};

struct book {
	const struct numbers *of;
	uint32_t *head;
	uint32_t room, used;
};

void book_add(struct book *b, uint32_t n, uint32_t hash);
void book_del(struct book *b, uint32_t n);
void *book_look(const struct book *b, uint32_t hash);
void *book_more(const struct book *b, const void *leaf);

#endif
