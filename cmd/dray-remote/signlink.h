/*
 * signlink - the connection to dray-sign, which has the keys (signproto.h).
 *
 *   signlink_new(loop)      before the sandbox; whoever has it may look up
 *                           sock/sign, relative to where the process is
 *   signlink_ask(s, a)      asks for a signature; a is its caller's, who has set
 *                           what stands in front, until fn is called or
 *                           signlink_forget
 *   signlink_forget(s, a)   nobody waits for that one any more
 *   signlink_flush(s)       what was asked leaves; once a turn of the loop
 *   signlink_busy(s)        1: so much is asked that only what is needed next
 *                           should be
 *
 * fn(a, sig, n) gets the signature, which is its for the call; n is 0 if there
 * is no such key; sig is NULL if there was no answer in SIGNLINK_WAIT seconds,
 * in which a dray-sign that has gone may come back: what it has not answered it
 * is asked again.  fn may not ask.
 */
#ifndef DRAY_REMOTE_SIGNLINK_H
#define DRAY_REMOTE_SIGNLINK_H

#include <ev.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "common/signproto.h"

#define SIGNLINK_WAIT 10.0 /* seconds */
#define SIGNLINK_AHEAD 8192 /* without an answer, before it is busy */

struct signlink;
struct sign_ask;

typedef void sign_fn(struct sign_ask *a, const unsigned char *sig, size_t n);

struct sign_ask {
	sign_fn *fn;
	uint8_t alg;
	uint8_t domain_len, selector_len, digest_len;
	char domain[SIGN_DOMAINMAX + 1]; /* with a zero octet behind it */
	char selector[SIGN_SELECTORMAX + 1];
	unsigned char digest[SIGN_DIGESTMAX];
	/* signlink's */
	TAILQ_ENTRY(sign_ask) in_order;
	ev_tstamp until;
	uint32_t number; /* 0: it is not asked */
};

struct signlink *signlink_new(struct ev_loop *loop);
void signlink_ask(struct signlink *s, struct sign_ask *a);
void signlink_forget(struct signlink *s, struct sign_ask *a);
void signlink_flush(struct signlink *s);
int signlink_busy(const struct signlink *s);

#endif
