/*
 * fields - text of the header fields that dray-inject adds (RFC 5322 3.6).
 * Each appends one whole field with CRLF to out.
 *
 *   fields_date(out, name, now)
 *   fields_msgid(out, name, right)     right is what stands behind the @
 *   fields_from(out, name, fullname, addr)  fullname "" for none; one that is
 *       not ASCII becomes encoded words (RFC 2047)
 *   fields_charset(s, n)  what to call this text: us-ascii, utf-8 or
 *                         unknown-8bit (RFC 1428)
 */
#ifndef DRAY_INJECT_FIELDS_H
#define DRAY_INJECT_FIELDS_H

#include <stddef.h>
#include <time.h>

#include <skalibs/stralloc.h>

#define FIELDS_NAMEMAX 256

void fields_date(stralloc *out, const char *name, time_t now);
void fields_msgid(stralloc *out, const char *name, const char *right);
void fields_from(
    stralloc *out, const char *name, const char *fullname, const char *addr);
const char *fields_charset(const char *s, size_t n);

#endif
