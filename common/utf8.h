/*
 * utf8 - whether octets are UTF-8 (RFC 3629 4).
 *
 *   utf8_char(s, n)  octets of the character that s begins with, 1 to 4; 0 if
 *                    there is none.  n is at least 1
 *   utf8_ok(s, n)    1 if all of it is UTF-8
 *   utf8_high(s, n)  1 if an octet over 127 is there
 */
#ifndef DRAY_UTF8_H
#define DRAY_UTF8_H

#include <stddef.h>

size_t utf8_char(const char *s, size_t n);
int utf8_ok(const char *s, size_t n);
int utf8_high(const char *s, size_t n);

#endif
