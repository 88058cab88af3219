/*
 * ruletext - the text of a reply as rules look at it.
 *
 *   ruletext_fold(d, s, n, status)
 *                             copies the n octets at s to d, which has room
 *                             for RULETEXT_MAX: ASCII in lower case, letters
 *                             of U+00C0 to U+017F (in UTF-8) as plain ones,
 *                             blanks and control characters as one blank each
 *                             row, typographic quotes as plain ones.  Returns
 *                             the length.  An enhanced status at the
 *                             beginning, each further one that equals status
 *                             and any "550-" (which servers repeat in each
 *                             line) are left out
 *   ruletext_status(s, n, d)  the enhanced status at the beginning of a text,
 *                             after "#" or "(#" within it (as qmail writes),
 *                             in d as "5.1.1"; "" if there is none
 *
 * What is beyond RULETEXT_MAX octets of s is not looked at.
 */
#ifndef DRAY_RULETEXT_H
#define DRAY_RULETEXT_H

#include <stddef.h>

#define RULETEXT_MAX 4096
#define RULETEXT_STATUSMAX 10 /* "5.999.999" with its end */

size_t ruletext_fold(char *d, const char *s, size_t n, const char *status);
void ruletext_status(const char *s, size_t n, char *d);

#endif
