/*
 * addrlist - the addresses in a list as To and Cc carry it (RFC 5322 3.4).
 *
 *   addrlist_parse(s, n, domain, each, arg)
 *       calls each(arg, address, length) for every mailbox in s, in order,
 *       with what SMTP needs of it: "local@domain", no display name, comment
 *       or source route.  An address without a domain gets @domain.
 *       0, or -1 with errno: EINVAL the list cannot be understood,
 *       ENAMETOOLONG an address over ADDRLIST_MAX octets, or whatever each
 *       left there when it returned -1 (which ends the parse).
 *
 * Understands folded lines, nested comments, quoted strings, groups (also
 * empty ones), source routes, domain literals, empty elements, white space
 * around dots and at signs, and a semicolon where a comma belongs.  Octets
 * over 127 are taken as letters.  It does not check that an address is well
 * formed, addr_split (addr.h) does.
 *
 * Time is linear in n; nothing is allocated and nothing recurses.
 */
#ifndef DRAY_ADDRLIST_H
#define DRAY_ADDRLIST_H

#include <stddef.h>

#define ADDRLIST_MAX 1024

int addrlist_parse(const char *s, size_t n, const char *domain,
    int (*each)(void *arg, const char *addr, size_t len), void *arg)
    __attribute__((warn_unused_result));

#endif
