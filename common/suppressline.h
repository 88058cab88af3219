/*
 * suppressline - a line of a journal of the suppression list.
 *
 *   + 0123456789abcdef someone@example.com 1763850000 hard * text 8b3f01c2
 *
 * What is done ('+' or '-'), the hash of the address, the address or "-", the
 * time, the reason, the scope, a note or "-", a checksum of all before it.  A
 * scope is "*" for everywhere, "tenant=NAME", "stream=NAME", "list=HASH" or
 * "list=HASH=NAME"; with '-' it may be "any", as may the reason.  Octets that are
 * no printable ASCII, blanks, '%', '=' and a '-' at the beginning are '%' and two
 * hexadecimal digits.
 *
 *   suppressline_put(sa, op, e)   appends a line with its end
 *   suppressline_get(s, n, op_r, e_r)  1 if the n octets, without the line's
 *                       end, are one; else 0
 */
#ifndef DRAY_SUPPRESSLINE_H
#define DRAY_SUPPRESSLINE_H

#include <skalibs/stralloc.h>

#include "common/suppress.h"

#define SUPPRESSLINE_MAX 4096 /* octets of a line with its end */

void suppressline_put(stralloc *sa, char op, const struct suppress_entry *e);
int suppressline_get(
    const char *s, size_t n, char *op_r, struct suppress_entry *e_r);

#endif
