/*
 * mergedecode - what a template has encoded, back into octets; and character
 * sets into UTF-8.
 *
 *   mergedecode_base64(d, s, n)   0, or -1 EILSEQ
 *   mergedecode_qp(d, s, n)       quoted-printable; what is none stays as it is
 *   mergedecode_charset(d, charset, s, n)
 *       appends text as UTF-8: 0, or -1 with errno: EINVAL the character set is
 *       not known, EILSEQ the text is not of it.  "" and "us-ascii" are taken
 *       as UTF-8
 *   mergedecode_words(d, s, n)    a field of a header, with its encoded words
 *       (RFC 2047) decoded.  Those that cannot be stay
 */
#ifndef DRAY_MERGEDECODE_H
#define DRAY_MERGEDECODE_H

#include <stddef.h>

#include <skalibs/stralloc.h>

int mergedecode_base64(stralloc *d, const char *s, size_t n)
    __attribute__((warn_unused_result));
void mergedecode_qp(stralloc *d, const char *s, size_t n);
int mergedecode_charset(stralloc *d, const char *charset, const char *s,
    size_t n) __attribute__((warn_unused_result));
void mergedecode_words(stralloc *d, const char *s, size_t n);

#endif
