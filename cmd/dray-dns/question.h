/*
 * question - domains that are being looked up, and who asked for them.
 *
 *   question_start(loop, p)      once, when the resolver has started
 *   question_ask(c, id, name, len)
 *                                a client asks: it is answered at once if the
 *                                answer is known, else later
 *   question_forget(c)           the client has gone
 *   question_run()               before the loop sleeps: starts what waits and
 *                                goes on with what has come
 *   question_reply(c, id, data, n, ttl)
 *                                what the client gives us (client.c): data is
 *                                HERE from `verdict` on, with ttl in the place
 *                                of its own
 *
 * A domain is asked for once, whoever wants it.  It is
 *
 *   waiting     in order of arrival, until there is room
 *   active      questions for its MX records, and then for the addresses of
 *               its hosts, are with the library; at most QUESTION_AHEAD
 *   left        its time was over: it got DNS_TEMP, but the library still has
 *               a question of it, and takes none back
 *
 * There is room while fewer than policy_dns.lookups are active.  What is
 * active for longer than QUESTION_SLOW seconds, or left, does not count, so
 * that servers which do not answer keep nobody else waiting; but that goes for
 * QUESTION_ASIDE times as many at most.
 */
#ifndef DRAY_DNS_QUESTION_H
#define DRAY_DNS_QUESTION_H

#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "common/policy.h"

#define QUESTION_AHEAD 16
#define QUESTION_SLOW 2.0
#define QUESTION_ASIDE 4
#define QUESTION_TICK 0.25

struct client;
struct ev_loop;

/* Somebody waits for an answer. */
struct waiter {
	STAILQ_ENTRY(waiter) next; /* of the question */
	LIST_ENTRY(waiter) own; /* of the client */
	struct client *client; /* NULL: it has gone */
	uint32_t id;
};

void question_start(struct ev_loop *loop, const struct policy_dns *p);
void question_ask(struct client *c, uint32_t id, const char *name, size_t len);
void question_forget(struct client *c);
void question_run(void);
void question_reply(
    struct client *c, uint32_t id, const void *data, size_t n, uint32_t ttl);

#endif
