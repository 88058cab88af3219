/*
 * authclient - the connection to dray-auth (authproto.h), without blocking.
 *
 *   authclient_new(loop, path)  nobody is called yet
 *   authclient_check(c, addr, s, fn, owner)
 *                          whether name and password in s are good
 *   authclient_take(c, user, fn, owner)
 *                          whether the user may send one more message
 *   authclient_give(c, user, day)  what was taken on that day was not sent
 *   authclient_forget(a)   the owner of a question is gone.  What was taken for
 *                          him is given back
 *
 * The first two return a question, for which fn(owner, answer) is called once,
 * and never before they return; or NULL, when dray-auth cannot be reached.  A
 * question that it does not answer within AUTHCLIENT_WAIT seconds, or whose
 * connection ends, has the verdict 0.
 */
#ifndef DRAY_SMTPD_AUTHCLIENT_H
#define DRAY_SMTPD_AUTHCLIENT_H

#include <ev.h>

#include "cmd/dray-smtpd/net.h"
#include "cmd/dray-smtpd/sasl.h"
#include "common/account.h"

#define AUTHCLIENT_WAIT 30

struct authclient;
struct auth_ask;

struct auth_answer {
	char verdict; /* AUTH_* of authproto.h, or 0 */
	uint32_t day; /* of authclient_take() */
	uint64_t number;
	struct account a; /* of authclient_check(), without a hash */
};

typedef void auth_fn(void *owner, const struct auth_answer *a);

struct authclient *authclient_new(struct ev_loop *loop, const char *path);
struct auth_ask *authclient_check(struct authclient *c,
    const struct net_addr *addr, const struct sasl *s, auth_fn *fn,
    void *owner);
struct auth_ask *authclient_take(
    struct authclient *c, const char *user, auth_fn *fn, void *owner);
void authclient_give(struct authclient *c, const char *user, uint32_t day);
void authclient_forget(struct auth_ask *a);

#endif
