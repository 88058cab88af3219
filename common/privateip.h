/*
 * privateip - addresses that are not for the world: this machine's, a private
 * network's, nobody's.
 *
 *   privateip(family, ip)   1 if this one is; family is 4 or 6, and ip has 4 or
 *                           16 octets in network order
 */
#ifndef DRAY_PRIVATEIP_H
#define DRAY_PRIVATEIP_H

#include <stdint.h>

int privateip(unsigned int family, const uint8_t *ip);

#endif
