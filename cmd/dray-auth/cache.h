/*
 * cache - which passwords were good or wrong, without keeping any.
 *
 *   cache_start()       draws the key, before all else
 *   cache_key(key, user, ulen, password, plen, hash)
 *                       of a user, a password and the hash that it was checked
 *                       against; so what was found out means nothing once the
 *                       user's hash is another one
 *   cache_find(key, now)  what is known, or NULL
 *   cache_add(key, good, now)
 *                       something more.  The oldest goes if there are CACHE_MAX
 *   cache_good(c)       1 if it was good, 0 if it was wrong
 *   cache_knows(c, net) 1 if it was good for this network
 *   cache_learn(c, net) from now on it is; the last CACHE_NETS are kept
 *
 * What was good is known for CACHE_GOOD seconds after it was found out, what
 * was wrong for CACHE_WRONG.
 */
#ifndef DRAY_AUTH_CACHE_H
#define DRAY_AUTH_CACHE_H

#include "cmd/dray-auth/auth.h"

#define CACHE_KEYLEN 32
#define CACHE_MAX 65536
#define CACHE_NETS 4
#define CACHE_GOOD 3600.
#define CACHE_WRONG 600.

struct cached;

void cache_start(void);
void cache_key(unsigned char *key, const char *user, size_t ulen,
    const char *password, size_t plen, const char *hash);
struct cached *cache_find(const unsigned char *key, double now);
struct cached *cache_add(const unsigned char *key, int good, double now);
int cache_good(const struct cached *c);
int cache_knows(const struct cached *c, const struct auth_net *net);
void cache_learn(struct cached *c, const struct auth_net *net);

#endif
