/*
 * check - whether user and password are good.
 *
 *   check_start(loop, d)   starts the threads, shut in as d says
 *   check_ask(c, id, net, user, ulen, password, plen)
 *                          a question of a client; check_answer() is called for
 *                          it once, at once or later
 *   check_forget(c)        the client is gone: nothing is said to it any more
 *
 * What is asked several times at a time is found out once.  At most CHECK_MAX
 * are being found out, CHECK_NET of them for one network and CHECK_USER for one
 * user; who asks for more has AUTH_BUSY.
 */
#ifndef DRAY_AUTH_CHECK_H
#define DRAY_AUTH_CHECK_H

#include <ev.h>
#include <sys/queue.h>

#include "cmd/dray-auth/auth.h"
#include "common/account.h"
#include "common/drop.h"

#define CHECK_MAX 128
#define CHECK_NET 32
#define CHECK_USER 4

struct client;
LIST_HEAD(check_waiters, check_waiter);

void check_start(struct ev_loop *loop, const struct drop *d);
void check_ask(struct client *c, uint32_t id, const struct auth_net *net,
    const char *user, size_t ulen, const char *password, size_t plen);
void check_forget(struct client *c);

/* Elsewhere, client.c: the verdict (authproto.h), and for AUTH_GOOD the
 * account, else NULL. */
void check_answer(
    struct client *c, uint32_t id, char verdict, const struct account *a);
struct check_waiters *check_list(struct client *c);

#endif
