/*
 * term - what others wrote, for people, without anything that a terminal obeys.
 *
 *   term_cat(sa, s, len)
 *                      appends it, as term_str writes it
 *   term_str(s, len)   to standard output, any octets: control and invisible characters as \uXXXX
 *                      (json.h), quotes as they are
 *   term_text(s)       the same for a string that ends in a zero octet
 *   term_time(t)       seconds since 1970 as local time, "2026-11-22 03:04:05";
 *                      nothing for what is past all years
 */
#ifndef DRAY_TERM_H
#define DRAY_TERM_H

#include <stddef.h>
#include <stdint.h>

#include <skalibs/stralloc.h>

void term_cat(stralloc *sa, const char *s, size_t len);
void term_str(const char *s, size_t len);
void term_text(const char *s);
void term_time(int64_t t);

#endif
