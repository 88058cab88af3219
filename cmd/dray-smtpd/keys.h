/*
 * keys - certificates of dray-tlskey, and signatures by their keys.
 *
 *   keys_start(loop, path)   before the first of the following; nobody is
 *                            called yet
 *   keys_want(n)             how many certificates the policy has: from the
 *                            first one on there is a connection, and a new one
 *                            whenever it breaks
 *   keys_wanted()            1 if there are any
 *   keys_ready()             1 if a handshake could succeed now
 *   keys_choose(ssl, host)   gives a connection what is for host, which may be
 *                            NULL: one of each kind of key.  0, or -1 there is
 *                            nothing
 *   keys_ticket(name)        the secrets of that name, NULL they are not known;
 *                            name NULL: those for new tickets
 *   keys_sign(id, hash, padding, text, len, sig, room)
 *                            how many octets sig has got, 0 none: as SIGN of
 *                            tlskeyproto.h.  It waits for the answer, at most
 *                            KEYS_WAIT milliseconds, and if none comes keys are
 *                            not ready until there is a new connection
 */
#ifndef DRAY_SMTPD_KEYS_H
#define DRAY_SMTPD_KEYS_H

#include <ev.h>
#include <stddef.h>
#include <stdint.h>

#include "common/tlskeyproto.h"

#define KEYS_WAIT 2000

struct ssl_st;

struct keys_ticket {
	unsigned char name[TLSKEY_NAME];
	unsigned char aes[TLSKEY_SECRET], hmac[TLSKEY_SECRET];
};

void keys_start(struct ev_loop *loop, const char *path);
void keys_want(unsigned int n);
int keys_wanted(void);
int keys_ready(void);
int keys_choose(struct ssl_st *ssl, const char *host);
const struct keys_ticket *keys_ticket(const unsigned char *name);
size_t keys_sign(uint32_t id, uint8_t hash, uint8_t padding, const void *text,
    size_t len, unsigned char *sig, size_t room);

#endif
