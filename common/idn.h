/*
 * idn - domain names as DNS has them: in lower case, and with A-labels where
 * they were written in other characters than ASCII (RFC 5890, RFC 5891).
 *
 *   idn_ascii(d, s, n)  writes the domain s, of n octets, into d, which has
 *       room for ADDR_DOMAINMAX octets, without an end.  Returns how many it
 *       wrote, 0 if it is no domain name, nor an address literal: addr.h says
 *       what else than that is one.
 */
#ifndef DRAY_IDN_H
#define DRAY_IDN_H

#include <stddef.h>

size_t idn_ascii(char *d, const char *s, size_t n);

#endif
