/*
 * blname - the names that a list in DNS is asked for (RFC 5782 2.1, 2.4, 3).
 *
 *   blname_address(d, family, ip, zone)
 *                         2.0.0.127.ZONE of 127.0.0.2, the nibbles of an
 *                         address of IPv6; family is 4 or 6, ip in network
 *                         order
 *   blname_domain(d, domain, zone)   DOMAIN.ZONE
 *
 * Both write into d, which has BLNAME_MAX octets.  0, or -1: it would be longer
 * than a name in DNS can be.
 */
#ifndef DRAY_CHECK_BLNAME_H
#define DRAY_CHECK_BLNAME_H

#include <stdint.h>

#define BLNAME_MAX 254

int blname_address(
    char *d, unsigned int family, const uint8_t *ip, const char *zone);
int blname_domain(char *d, const char *domain, const char *zone);

#endif
