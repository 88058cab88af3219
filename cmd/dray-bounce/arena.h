/*
 * arena - memory for one message, given back at once.
 *
 *   arena_take(a, n)      n octets, not zeroed, aligned for anything
 *   arena_dup(a, s, n)    a copy with a zero octet behind it
 *   arena_word(a, s, n, max)
 *                         the same of max octets at most, without blanks around
 *                         it; control characters, line ends too, as blanks
 *   arena_reset(a)        all of it is free; one chunk stays
 *   arena_free(a)
 *
 * A zeroed struct arena is an empty one.  Memory that is short ends the program
 * (mem.h).
 */
#ifndef DRAY_BOUNCE_ARENA_H
#define DRAY_BOUNCE_ARENA_H

#include <stddef.h>

struct arena_chunk;

struct arena {
	struct arena_chunk *first;
	size_t used; /* of the first */
};

void *arena_take(struct arena *a, size_t n);
char *arena_dup(struct arena *a, const char *s, size_t n);
char *arena_word(struct arena *a, const char *s, size_t n, size_t max);
void arena_reset(struct arena *a);
void arena_free(struct arena *a);

#endif
