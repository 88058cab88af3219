/*
 * brake - who has to wait, because too many passwords were wrong.
 *
 *   brake_user(b, name, n)     for the name of a user, be there one or not
 *   brake_net(b, net)          for a network
 *   brake_on(b, now)           1 if it has to wait
 *   brake_wrong(b, now)        one more was wrong
 *
 * The first BRAKE_FREE cost nothing; after each one more it has to wait, for a
 * second at first, and twice as long each time, up to BRAKE_USER or BRAKE_NET
 * seconds.  All is forgiven when none was wrong for BRAKE_MEMORY seconds; nothing
 * else forgives, for who guesses may have a good password, too.  At most
 * BRAKE_MAX are known; then those are forgotten that were wrong last the longest
 * time ago.
 */
#ifndef DRAY_AUTH_BRAKE_H
#define DRAY_AUTH_BRAKE_H

#include "cmd/dray-auth/auth.h"

#define BRAKE_FREE 5
#define BRAKE_USER 60.
#define BRAKE_NET 600.
#define BRAKE_MEMORY 3600.
#define BRAKE_MAX 65536

#define BRAKE_KEYLEN 17

struct brake {
	unsigned char key[BRAKE_KEYLEN];
};

void brake_user(struct brake *b, const char *name, size_t n);
void brake_net(struct brake *b, const struct auth_net *net);
int brake_on(const struct brake *b, double now);
void brake_wrong(const struct brake *b, double now);

#endif
