/*
 * put - text into mail so that no octet of a stranger's becomes structure.
 *
 * All append to a stralloc, and die if memory is short.  Lines end in CRLF.
 *
 *   put_text(sa, s)           our own words, as they are
 *   put_ascii(sa, s, len)     printable ASCII as it is; any other character of
 *                             UTF-8 as \x{HEX} (RFC 6533 3), a control
 *                             character as a blank, an octet that is none as
 *                             a question mark
 *   put_utf8(sa, s, len)      the same, but what is printable stays
 *   put_field(sa, name, s, len)  "NAME: s", blanks made one, folded at 76
 *                             columns, and anywhere in what has no blank; s
 *                             is the result of one of the above
 *   put_date(sa, name, sec)   "NAME: Sun, 22 Nov 2026 03:04:05 +0000";
 *                             nothing if the year has more than four digits
 *   put_xtext(sa, s)          what xtext stands for (RFC 3461 4); an octet
 *                             that is not printable stays encoded
 *   put_is7bit(s, len)        1 if it is lines of ASCII, of at most 998
 *                             octets, that end in CRLF
 *   put_is8bit(s, len)        the same with octets over 127
 */
#ifndef DRAY_BOUNCE_PUT_H
#define DRAY_BOUNCE_PUT_H

#include <stddef.h>
#include <stdint.h>

#include <skalibs/stralloc.h>

void put_text(stralloc *sa, const char *s);
void put_ascii(stralloc *sa, const char *s, size_t len);
void put_utf8(stralloc *sa, const char *s, size_t len);
void put_field(stralloc *sa, const char *name, const char *s, size_t len);
void put_date(stralloc *sa, const char *name, uint64_t sec);
void put_xtext(stralloc *sa, const char *s);
int put_is7bit(const char *s, size_t len);
int put_is8bit(const char *s, size_t len);

#endif
