/*
 * json - writes JSON (RFC 8259) on a stralloc, for event lines and answers.
 *
 * Reading is jansson's; no name here is one of its.
 *
 * There is no state but the text: a comma goes before a value unless the last
 * octet is '{', '[' or a newline, or there is none.  So objects and arrays
 * nest as they are opened and ended, and a buffer may hold many lines.
 *
 *   json_open(sa)             '{', for the outermost object
 *   json_obj(sa, key)         opens an object as a value
 *   json_end(sa)              ends either
 *   json_line(sa)             ends the outermost object and the line
 *   json_arr(sa, key), json_arrend(sa)
 *   json_str(sa, key, s, len) a string of any len octets
 *   json_octets(sa, key, s, len) the same for octets that must come back as
 *                             they were: each becomes the character of its
 *                             number, 0 to 255
 *   json_hex(sa, key, s, len) two hexadecimal digits for each of len octets
 *   json_text(sa, key, s)     a string that ends in a zero octet
 *   json_u64(sa, key, n)      what is over 2^63 - 1 is written as that: many
 *                             readers have no larger integers
 *   json_bool(sa, key, on)
 *   json_ms(sa, key, us)      microseconds as milliseconds: 1234567 is
 *                             1234.567, always with three decimals
 *   json_time(sa, key, us)    microseconds since 1970 as an RFC 3339 string in
 *                             UTC, "2026-11-22T03:04:05.678901Z"; what lies
 *                             past the year 9999 is written as its last moment
 *
 * key is plain ASCII of our own without '"' and '\', or NULL inside an array.
 * Memory that is short ends the program (mem.h).
 *
 * Strings come from strangers.  The output is valid UTF-8 of printable
 * characters whatever they hold: '"', '\', control characters (C0, DEL and C1)
 * and the invisible ones that reorder, join or hide text are escaped; an octet
 * that is not part of valid UTF-8 is written as \u00XX, XX being its value, so
 * that replies in Latin-1 stay readable; a zero octet is \ufffd, because
 * databases refuse \u0000.  At most six octets are written for one of input.
 */
#ifndef DRAY_JSON_H
#define DRAY_JSON_H

#include <stddef.h>
#include <stdint.h>

#include <skalibs/stralloc.h>

void json_open(stralloc *sa);
void json_obj(stralloc *sa, const char *key);
void json_end(stralloc *sa);
void json_line(stralloc *sa);
void json_arr(stralloc *sa, const char *key);
void json_arrend(stralloc *sa);
void json_str(stralloc *sa, const char *key, const char *s, size_t len);
void json_octets(stralloc *sa, const char *key, const char *s, size_t len);
void json_hex(
    stralloc *sa, const char *key, const unsigned char *s, size_t len);
void json_text(stralloc *sa, const char *key, const char *s);
void json_u64(stralloc *sa, const char *key, uint64_t n);
void json_bool(stralloc *sa, const char *key, int on);
void json_ms(stralloc *sa, const char *key, uint64_t us);
void json_time(stralloc *sa, const char *key, uint64_t us);

#endif
