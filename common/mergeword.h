/*
 * mergeword - encoded words (RFC 2047) in UTF-8.
 *
 *   mergeword_clean(d, s, n)  appends text as a header may have it: a line end
 *       in front of white space goes, other line ends and tabs become a space,
 *       control characters (C0, DEL, C1), U+2028, U+2029 and what is no UTF-8
 *       become U+FFFD, no space at either end.  d holds nothing else
 *   mergeword_put(out, col, s, n)  appends UTF-8 as encoded words of at most
 *       75 octets and whole characters, folded so that no line is over 76,
 *       where *col octets are on the line already, a space the last
 */
#ifndef DRAY_MERGEWORD_H
#define DRAY_MERGEWORD_H

#include <stddef.h>

#include <skalibs/stralloc.h>

#define MERGEWORD_LINE 76

void mergeword_clean(stralloc *d, const char *s, size_t n);
void mergeword_put(stralloc *out, size_t *col, const char *s, size_t n);

#endif
