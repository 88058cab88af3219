/*
 * text - an entry as people and other systems write it: a line of fields with
 * tabs between,
 *
 *   ADDRESS  REASON  TIME  SCOPE  NOTE
 *
 * of which only the first has to be there.  An address of which only the hash is
 * known is '%' and 16 hexadecimal digits.  A time is YYYY-MM-DD, or that and
 * THH:MM:SSZ.  A scope is "*", "tenant=NAME", "list=NAME", "stream=NAME", or
 * "list=%" and 8 hexadecimal digits.
 *
 *   text_put(sa, e)      appends a line with its end
 *   text_get(e, k, s, n) reads one without its end, over what e has already: what
 *                        is missing or empty stays.  NULL, or what is wrong
 *   text_reason, text_time, text_scope, text_note (e, ..., s, n)
 *                        one field of it: NULL, or what is wrong
 */
#ifndef DRAY_SUPPRESS_TEXT_H
#define DRAY_SUPPRESS_TEXT_H

#include <skalibs/stralloc.h>

#include "common/suppress.h"

#define TEXT_LINEMAX 2048 /* octets */

void text_put(stralloc *sa, const struct suppress_entry *e);
const char *text_get(struct suppress_entry *e, const struct token_keys *k,
    const char *s, size_t n);
const char *text_reason(struct suppress_entry *e, const char *s, size_t n);
const char *text_time(struct suppress_entry *e, const char *s, size_t n);
const char *text_scope(struct suppress_entry *e, const struct token_keys *k,
    const char *s, size_t n);
const char *text_note(struct suppress_entry *e, const char *s, size_t n);

#endif
