/*
 * rcpts - the recipients of a message, each once.
 *
 *   rcpts_add(r, list, n, header)  the addresses in a list; header is the name
 *       of the field they stand in, or NULL for an argument.  A mistake ends
 *       the program: EX_DATAERR in a field, else EX_NOUSER, or EX_NOHOST if
 *       the domain is at fault.  More than max is EX_DATAERR.
 *   rcpts_settle(r)    sorts them, and drops those that are there twice
 *   rcpts_one(s, n, domain, d, max)  the only address in a list into d; 0, or
 *       -1 when there is none, several, or a bad one
 */
#ifndef DRAY_INJECT_RCPTS_H
#define DRAY_INJECT_RCPTS_H

#include <stddef.h>
#include <stdint.h>

#include <skalibs/stralloc.h>

struct rcpts {
	const char *domain; /* for addresses without one */
	uint32_t max;
	stralloc text; /* addresses, each with a zero octet */
	uint32_t n;
	const char **list; /* after rcpts_settle */
	const char *header;
};

void rcpts_add(struct rcpts *r, const char *list, size_t n, const char *header);
void rcpts_settle(struct rcpts *r);
int rcpts_one(const char *s, size_t n, const char *domain, char *d, size_t max);

#endif
