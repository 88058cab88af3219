/*
 * compose - makes a message ready that is not sent as it is stored: one that is
 * signed gets its signatures in front, one that is merged is made.
 *
 *   compose_new(loop)      before the sandbox: what all lanes of a worker share
 *   compose_look(l, j, o_r)  whether j may be sent; what is missing is begun
 *   compose_ahead(l)       begins what comes next, as much as may be in flight
 *                          and one more
 *   compose_waits(l)       1: the next job of the lane cannot be started yet
 *   compose_size(j)        octets of the message without stuffed dots
 *   compose_put(l, j)      writes what does not come from the file: all of a
 *                          merged message, or what goes in front of another.
 *                          Once, and then it is gone
 *   compose_free(j)        the job ends
 *   compose_leave(l)       the lane does
 *   compose_flush(k)       what was asked leaves; once a turn of the loop
 *
 * A job waits for signatures without holding up others (signlink.h), but those
 * behind it in its lane.  What is made ahead of its time is bounded: above
 * COMPOSE_AHEAD octets of merged messages a lane has only that made which it can
 * send at once, and above twice as many lanes wait for each other.
 */
#ifndef DRAY_REMOTE_COMPOSE_H
#define DRAY_REMOTE_COMPOSE_H

#include <ev.h>
#include <stdint.h>

#include "job.h"

#define COMPOSE_AHEAD (64u << 20)
#define COMPOSE_HEADERMAX (1u << 20) /* octets of a header that is signed */

struct composer;
struct lane;

enum compose_state {
	COMPOSE_READY,
	COMPOSE_WAIT,
	COMPOSE_REFUSED, /* with a verdict of our own */
	COMPOSE_DAMAGED, /* the stored octets are not what they were */
};

struct compose_outcome {
	struct verdict verdict;
	const char *why;
};

struct composer *compose_new(struct ev_loop *loop);
enum compose_state compose_look(
    struct lane *l, struct job *j, struct compose_outcome *o_r);
void compose_ahead(struct lane *l);
int compose_waits(const struct lane *l);
uint64_t compose_size(const struct job *j);
void compose_put(struct lane *l, struct job *j);
void compose_free(struct job *j);
void compose_leave(struct lane *l);
void compose_flush(struct composer *k);

#endif
