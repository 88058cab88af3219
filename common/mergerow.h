/*
 * mergerow - the row of a recipient: the values of the names that a program
 * uses (merge.h), and of no others.
 *
 *   mergerow_init(r, m), mergerow_free(r)
 *   mergerow_find(r, s, n)   the number of a name in the program, or -1: it is
 *                            not used, and need not be kept.  For a list with
 *                            columns, once for each
 *   mergerow_start(r)        a new row, all names of it without a value
 *   mergerow_text(r, i, s, n)  the name with the number i is this text.  An
 *                            empty one counts as false and takes the default
 *   mergerow_value(r, i, v, n)  it is a value that mergevalue.h put together
 *                            (mergejson.h does, from JSON)
 *   mergerow_end(r, out)     appends the row to out.  0, or -1 EMSGSIZE: it is
 *                            over MERGE_ROWMAX octets
 *
 * A name that is given twice has the later value.  Text may hold any octets;
 * what is not UTF-8 in it is replaced when it is rendered.
 */
#ifndef DRAY_MERGEROW_H
#define DRAY_MERGEROW_H

#include <stddef.h>

#include <skalibs/stralloc.h>

#include "common/merge.h"

struct mergerow_place {
	size_t at; /* in values; meaningless where n is 0 */
	size_t n;
};

struct mergerow {
	const struct merge *m;
	struct mergerow_place *places; /* one a name */
	stralloc values;
	int *sorted; /* numbers of names, in their order */
};

void mergerow_init(struct mergerow *r, const struct merge *m);
void mergerow_free(struct mergerow *r);
int mergerow_find(const struct mergerow *r, const char *s, size_t n);
void mergerow_start(struct mergerow *r);
void mergerow_text(struct mergerow *r, size_t i, const char *s, size_t n);
void mergerow_value(struct mergerow *r, size_t i, const char *v, size_t n);
int mergerow_end(struct mergerow *r, stralloc *out)
    __attribute__((warn_unused_result));

#endif
