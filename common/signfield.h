/*
 * signfield - a field of a header that holds a signature, in lines that are not
 * long: for dkim and domainkeys.
 *
 *   signfield_word(out, glue, s, n)
 *                         appends a word, behind the glue ("" or " ") or at the
 *                         beginning of a new line if it does not fit into this
 *   signfield_text(out, glue, s)
 *                         the same for a string
 *   signfield_list(out, names, n)
 *                         "h=" and names with colons between them, as one word
 *                         or several
 *   signfield_base64(out, s, n)
 *                         so many octets, at most SIGNFIELD_OCTETS, in base64
 *   signfield_encode(d, s, n)
 *                         the same into d, as one word, with a zero octet behind
 *                         it; how many
 *
 * Each new line begins with CRLF and a tab.
 */
#ifndef DRAY_SIGNFIELD_H
#define DRAY_SIGNFIELD_H

#include <stddef.h>

#include <skalibs/stralloc.h>

#define SIGNFIELD_OCTETS 512
#define SIGNFIELD_TEXTMAX 688 /* of so many in base64 */

void signfield_word(stralloc *out, const char *glue, const char *s, size_t n);
void signfield_text(stralloc *out, const char *glue, const char *s);
void signfield_list(stralloc *out, const char *names, size_t n);
void signfield_base64(stralloc *out, const unsigned char *s, size_t n);
size_t signfield_encode(char *d, const unsigned char *s, size_t n);

#endif
