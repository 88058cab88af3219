/*
 * mergehead - fields of a header, of any octets (RFC 5322 2.2, RFC 2047).
 *
 * What is written is ASCII but for addresses, ends in CRLF and is folded: at
 * 78 octets where there is white space, lines with encoded words at 76.  Line
 * ends and tabs become a space, other control characters and what is no UTF-8
 * become U+FFFD, spaces at the ends are left out.
 *
 *   mergehead_text(out, name, len, s, n)  a field without structure; cannot
 *       fail: what no line can hold is encoded, too
 *   mergehead_words(out, name, len, s, n)  a field whose words stand as they
 *       are.  0, or -1 EMSGSIZE: one is too long for a line
 *   mergehead_start(h, out, name, len)     a field of mailboxes,
 *   mergehead_mailbox(h, phrase, n, addr, len)  each, n may be 0.  0, or -1
 *       EINVAL: addr is no address
 *   mergehead_end(h)                       and its end
 *
 * s, phrase and addr must not lie in out.
 */
#ifndef DRAY_MERGEHEAD_H
#define DRAY_MERGEHEAD_H

#include <stddef.h>

#include <skalibs/stralloc.h>

struct mergehead {
	stralloc *out;
	size_t col;
	int any; /* there is something behind the name */
};

void mergehead_text(
    stralloc *out, const char *name, size_t len, const char *s, size_t n);
int mergehead_words(stralloc *out, const char *name, size_t len, const char *s,
    size_t n) __attribute__((warn_unused_result));
void mergehead_start(
    struct mergehead *h, stralloc *out, const char *name, size_t len);
int mergehead_mailbox(struct mergehead *h, const char *phrase, size_t n,
    const char *addr, size_t len) __attribute__((warn_unused_result));
void mergehead_end(struct mergehead *h);

#endif
