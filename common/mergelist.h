/*
 * mergelist - the mailboxes of an address field that has tags in it.
 *
 *   mergelist_parse(s, n, each, arg)  calls each for every mailbox, in order:
 *       with the display name without its quotes, encoded words decoded, "" if
 *       there is none, and the address without brackets.  0, or -1 with errno:
 *       EINVAL a quote, a comment or a bracket is not closed, or there is a
 *       group; or what each left.  What is between "{{" and "}}" is left alone
 *
 * Comments are left out.
 */
#ifndef DRAY_MERGELIST_H
#define DRAY_MERGELIST_H

#include <stddef.h>

typedef int mergelist_fn(
    void *arg, const char *name, size_t n, const char *addr, size_t len);

int mergelist_parse(const char *s, size_t n, mergelist_fn *each, void *arg)
    __attribute__((warn_unused_result));

#endif
