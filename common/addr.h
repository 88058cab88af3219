/*
 * addr - mail addresses as SMTP carries them (RFC 5321 4.1.2, RFC 6531 3.3).
 *
 *   addr_split(s, n, a_r)   takes "local@domain" without angle brackets.
 *       0, or -1 with errno: EINVAL not an address, ENAMETOOLONG over a limit
 *       (local part 64, domain 255, all 254), EILSEQ a control character, or
 *       octets over 127 that are not UTF-8.  In both parts other characters
 *       than ASCII may stand (RFC 6531 3.3): utf8 and idn say whether they do.
 *       Accepts a quoted local part ("a b"@x) and address literals
 *       ([192.0.2.1], [IPv6:2001:db8::1]).  Refuses source routes, an empty
 *       local part, a missing domain, empty labels.  local and domain point
 *       into s.
 *   addr_lower(d, s, n)     copies n octets in lower case (ASCII only)
 *   addr_domain_ok(s, n)    1 for a domain name in letters, digits, hyphens,
 *                           underscores and dots, or an address literal
 */
#ifndef DRAY_ADDR_H
#define DRAY_ADDR_H

#include <stddef.h>

#define ADDR_LOCALMAX 64
#define ADDR_DOMAINMAX 255
#define ADDR_MAX 254 /* RFC 5321 erratum 1690: a path of 256 has brackets */

struct addr {
	const char *local;
	size_t local_len;
	const char *domain;
	size_t domain_len;
	int utf8; /* the local part is not ASCII: needs SMTPUTF8 */
	int idn; /* the domain is not: idn.h makes it so */
};

int addr_split(const char *s, size_t n, struct addr *a_r)
    __attribute__((warn_unused_result));
void addr_lower(char *d, const char *s, size_t n);
int addr_domain_ok(const char *s, size_t n);

#endif
