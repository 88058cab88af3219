/*
 * auth - what the parts of dray-auth share.
 *
 * client.c    connections of dray-smtpd
 * check.c     whether a password is good: what is known, what has to be found
 *             out, and whom it is not found out for now
 * cache.c     what was found out
 * brake.c     who has to wait, because too many passwords were wrong
 * worker.c    threads that find it out
 * users.c     the users, read anew when they change
 * count.c     what of a user's quota and rate is used
 * countfile.c the former on disk
 */
#ifndef DRAY_AUTH_AUTH_H
#define DRAY_AUTH_AUTH_H

#include <stddef.h>
#include <stdint.h>

/* Where a client logs in from: 4 or 6, and 4 or 8 octets of the address, since
 * whoever has one IPv6 address has the /64. */
#define AUTH_NETLEN 9

struct auth_net {
	uint8_t octet[AUTH_NETLEN];
};

#endif
