/*
 * numbers - pointers by small numbers.  0 is never given, so that it is
 * nobody's, whoever asks for it.  Numbers of things that are gone are used
 * again, but not at once.
 *
 *   numbers_take(t, p)    the number of p from now on
 *   numbers_give(t, n)
 *   numbers_at(t, n)      what it is the number of; NULL nobody's
 *   t->n                  all numbers are below
 */
#ifndef DRAY_SEND_NUMBERS_H
#define DRAY_SEND_NUMBERS_H

#include <stddef.h>
#include <stdint.h>

struct numbers {
	void **p;
	uint32_t n, room, look;
};

uint32_t numbers_take(struct numbers *t, void *p);
void numbers_give(struct numbers *t, uint32_t n);

static inline void *
numbers_at(const struct numbers *t, uint32_t n)
{
	return n && n < t->n ? t->p[n] : NULL;
}

#endif
