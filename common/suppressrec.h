/*
 * suppressrec - all that the suppression list has of one address: a record of
 * suppress.cdb, whose key is the hash of the address.
 *
 * A record is entries, an octet 255, and the address or nothing.  An entry is
 * u8 scope << 6 | noted << 5 | reason, u32 time, of a list the TOKEN_CAMPAIGN
 * octets of its hash, but for "everywhere" u8 length and name, and if it is
 * noted u8 length and note.
 *
 *   suppressrec_get(s, n, fn, arg)  calls fn(arg, e) for each entry, until it
 *                       returns something else than 0, and returns that; 0 at
 *                       the end, -1 EPROTO it is malformed.  e has the address
 *                       if the record has, but not its hash
 *   suppressrec_apply(sa, op, e)    does to the record in sa what a line of a
 *                       journal says; "" is one of nobody.  An entry of the
 *                       same reason and scope is there once, the last one.
 *                       SUPPRESSREC_MAX octets at most: the oldest goes.
 *                       1 it is another record now, 0, -1 EPROTO
 *   suppressrec_bare(s, n)          its length without the address
 *   suppressrec_some(sa)            1 if it has any entry
 *   suppressrec_like(a, b)          1 if entry a is what '-' b takes away
 */
#ifndef DRAY_SUPPRESSREC_H
#define DRAY_SUPPRESSREC_H

#include <skalibs/stralloc.h>

#include "common/suppress.h"

#define SUPPRESSREC_MAX 65536

int suppressrec_get(const char *s, size_t n, suppress_fn *fn, void *arg)
    __attribute__((warn_unused_result));
int suppressrec_apply(stralloc *sa, char op, const struct suppress_entry *e)
    __attribute__((warn_unused_result));
size_t suppressrec_bare(const char *s, size_t n);
int suppressrec_some(const stralloc *sa);
int suppressrec_like(
    const struct suppress_entry *a, const struct suppress_entry *b);

#endif
