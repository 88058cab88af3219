/*
 * term - what others wrote, on standard output, without anything that a
 * terminal obeys.
 *
 *   term_str(s, len)   any octets: control and invisible characters as \uXXXX
 *                      (json.h), quotes as they are
 *   term_text(s)       the same for a string that ends in a zero octet
 *   term_time(t)       seconds since 1970 as local time, "2026-11-22 03:04:05";
 *                      nothing for what is past all years
 */
#ifndef DRAY_TERM_H
#define DRAY_TERM_H

#include <stddef.h>
#include <stdint.h>

void term_str(const char *s, size_t len);
void term_text(const char *s);
void term_time(int64_t t);

#endif
