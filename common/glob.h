/*
 * glob - patterns of the policy: '*' stands for any octets, also none, '?' for
 * one.  Letters match in either case.  There is no way to quote.
 *
 *   glob_match(p, plen, s, n)  1 if the pattern matches all of s
 *   glob_list(list, len, stop, s, n)  1 if one of the patterns between the
 *       octets stop matches all of s; blanks around each are dropped.  The
 *       pattern <> matches what is empty, and an empty one nothing
 *
 * The time is within len times n, and nothing is allocated.
 */
#ifndef DRAY_GLOB_H
#define DRAY_GLOB_H

#include <stddef.h>

int glob_match(const char *p, size_t plen, const char *s, size_t n);
int glob_list(const char *list, size_t len, char stop, const char *s, size_t n);

#endif
