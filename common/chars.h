/*
 * chars - what strings are made of.  The first four look at one of a given
 * length; each is true of an empty one, and none stops at a zero octet, which
 * no string may have.
 *
 *   chars_name(s, n)    ASCII letters and digits, '.', '_' and '-': names that
 *                       go into files, commands and the log as they are
 *   chars_ascii(s, n)   printable ASCII, ' ' to '~'
 *   chars_clean(s, n)   no control characters of ASCII (0 to 31, 127); whatever
 *                       lies above 127 is good
 *   chars_xtext(s, n)   xtext (RFC 3461 4): printable ASCII without ' ' and
 *                       '=', and '+' only in front of two digits, 0 to 9 and A
 *                       to F
 *
 *   chars_lower(c)      a letter of ASCII in lower case; all else as it is
 *   chars_mask(s)       puts '?' in the place of whatever is no printable ASCII
 *                       in a string that ends in a zero octet
 */
#ifndef DRAY_CHARS_H
#define DRAY_CHARS_H

#include <stddef.h>

int chars_name(const char *s, size_t n);
int chars_ascii(const char *s, size_t n);
int chars_clean(const char *s, size_t n);
int chars_xtext(const char *s, size_t n);
void chars_mask(char *s);

static inline int
chars_lower(int c)
{
	return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
}

#endif
