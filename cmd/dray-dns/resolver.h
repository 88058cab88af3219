/*
 * resolver - libunbound in our loop: one question at a time, answered by a DNS
 * message that was validated, or by the reason why there is none.
 *
 *   resolver_start(loop, p)   makes the context and finishes it, so that the
 *                             library opens nothing later.  Dies: 100 when a
 *                             trust anchor cannot be read, 111
 *   resolver_ask(name, type, fn, ctx)
 *                             fn(ctx, msg, len, trust) is called once: with the
 *                             answer, or with len 0 and msg a reason in words.
 *                             It may be called before this returns, and must
 *                             not call resolver_ask itself
 *   resolver_ports(p, port, max)
 *                             the ports that it connects to: fills port, and
 *                             returns how many
 *
 * The library takes no question back; one that goes to servers which do not
 * answer ends by itself after a minute or so.
 */
#ifndef DRAY_DNS_RESOLVER_H
#define DRAY_DNS_RESOLVER_H

#include <stddef.h>
#include <stdint.h>

#include "cmd/dray-dns/mx.h"
#include "common/policy.h"

#define RESOLVER_ANCHOR "/usr/share/dns/root.ds"
#define RESOLVER_MSEC \
	12000 /* the longest wait for one reply, in milliseconds */

struct ev_loop;

typedef void resolver_fn(
    void *ctx, const void *msg, size_t len, enum mx_trust trust);

void resolver_start(struct ev_loop *loop, const struct policy_dns *p);
void resolver_ask(const char *name, int type, resolver_fn *fn, void *ctx);
unsigned int resolver_ports(
    const struct policy_dns *p, uint16_t *port, unsigned int max);

#endif
