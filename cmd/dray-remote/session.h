/*
 * session - TLS sessions to be resumed, so that most connections are spared
 * the costly part of the handshake.
 *
 *   session_new()          an empty cache
 *   session_put(c, k, s)   one more for k; takes s over
 *   session_take(c, k)     one for a new connection, which is the caller's, or
 *                          NULL.  Those of TLS 1.3 are used once (RFC 8446
 *                          C.4), those of 1.2 again and again
 *   session_forget(c, k)   all of k
 *
 * A key is what must be equal for a session to be of use, and no less: our
 * address, so that no server can connect two of them; the server's address,
 * port and name; the mode, so that what was not verified is never taken for
 * verified.
 *
 * SESSION_EACH for a key and SESSION_MAX in all; the key that was not used for
 * longest gives way.
 */
#ifndef DRAY_REMOTE_SESSION_H
#define DRAY_REMOTE_SESSION_H

#include <stdint.h>

#include "ip.h"

#define SESSION_CHAINS 1024
#define SESSION_EACH 32
#define SESSION_MAX 4096

struct session_key {
	struct ip source, host;
	uint16_t port;
	uint8_t mode;
	const char *name;
};

struct session_cache;
struct ssl_session_st;

struct session_cache *session_new(void);
void session_put(struct session_cache *c, const struct session_key *k,
    struct ssl_session_st *s);
struct ssl_session_st *session_take(
    struct session_cache *c, const struct session_key *k);
void session_forget(struct session_cache *c, const struct session_key *k);

#endif
