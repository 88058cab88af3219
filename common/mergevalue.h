/*
 * mergevalue - the values in a row (mergerow.h).
 *
 * A value is a head and that many octets.  The head is a number, seven bits an
 * octet, the lowest first, the top bit set in all but the last: the length
 * times eight, plus the type.  A list holds values; an object, for each member,
 * a value of type text, which is its key, and its value.  All others but text
 * have no octets.  A row is the values of a program's names, in their order;
 * those that are missing at its end are null.
 *
 *   mergevalue_next(p, end, v_r)  the value at *p, which moves past it: 1, 0
 *                                 at the end, -1 EPROTO
 *   mergevalue_false(v)   1 if a section with it is left out: null, false, an
 *                         empty text, an empty list
 *   mergevalue_put(sa, type, s, n)  appends one; n is at most
 *                         MERGEVALUE_MAX
 */
#ifndef DRAY_MERGEVALUE_H
#define DRAY_MERGEVALUE_H

#include <stddef.h>

#include <skalibs/stralloc.h>

#define MERGEVALUE_MAX 0xffffff

enum mergevalue_type {
	MERGEVALUE_NULL,
	MERGEVALUE_FALSE,
	MERGEVALUE_TRUE,
	MERGEVALUE_TEXT,
	MERGEVALUE_LIST,
	MERGEVALUE_OBJECT,
};

struct mergevalue {
	enum mergevalue_type type;
	const char *s;
	size_t n;
};

int mergevalue_next(const char **p, const char *end, struct mergevalue *v_r);
int mergevalue_false(const struct mergevalue *v);
void mergevalue_put(
    stralloc *sa, enum mergevalue_type type, const char *s, size_t n);

#endif
