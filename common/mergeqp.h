/*
 * mergeqp - quoted-printable (RFC 2045 6.7) of a text that is put together from
 * pieces, some of which were encoded before the others were known.
 *
 *   mergeqp_put(out, col, s, n)   appends n octets of a line that is *col
 *       octets long so far, with soft line breaks so that none gets over 76.
 *       White space at the end of the n octets is encoded, whatever follows
 *   mergeqp_literal(out, s, n, q_r)  appends lines that end in CRLF, the last
 *       one perhaps not, as if they began in the first column, and says in
 *       q_r what mergeqp_join has to know
 *   mergeqp_join(out, col, s, q)  appends such a literal, s, to a line that is
 *       *col octets long
 */
#ifndef DRAY_MERGEQP_H
#define DRAY_MERGEQP_H

#include <stddef.h>
#include <stdint.h>

#include <skalibs/stralloc.h>

#define MERGEQP_LINE 76

struct mergeqp {
	uint32_t n; /* octets */
	uint32_t first; /* of them in the first line, without its CRLF */
	uint32_t last; /* in the last one */
};

void mergeqp_put(stralloc *out, size_t *col, const char *s, size_t n);
void mergeqp_literal(
    stralloc *out, const char *s, size_t n, struct mergeqp *q_r);
void mergeqp_join(
    stralloc *out, size_t *col, const char *s, const struct mergeqp *q);

#endif
