/*
 * meter - what one thing that is limited uses: a provider or a route as a whole,
 * a tenant, a campaign, a remote address.  quota.h is what the scheduler asks;
 * its parts share this.
 *
 * Meters are known by their kind and name, and counted references; one that is
 * nobody's stays until its rate is not ahead of the clock any more.
 *
 *   meter_take(kind, name, len)
 *   meter_drop(q)         q may be NULL here and below: no limit
 *   meter_set(q, most, rate, burst)
 *                         connections, or messages in flight, and their rate
 *   meter_day(q, most)    recipients a day; 0 no limit (daily.h)
 *   meter_use(q, n)       so many more connections, or less; then those that
 *                         wait are served
 *   meter_full(q)         1 if there may be no more
 *   meter_wait(q, g)      the group is served again when there may
 *   meter_unwait(g)       not any more
 *   meter_when(q)         when a message may leave by its rate; 0 now
 *   meter_day_when(q, stream, want)
 *                         when so many recipients may by the day
 *   meter_room(q, stream) so many may now
 *   meter_pass(q)         a message leaves
 *   meter_count(q, stream, n)
 *                         so many recipients did, or, below 0, came back
 */
#ifndef DRAY_SEND_METER_H
#define DRAY_SEND_METER_H

#include <stddef.h>
#include <stdint.h>

#include "common/gate.h"
#include "cmd/dray-send/site.h"

struct daily;

struct meter {
	UT_hash_handle hh;
	uint32_t refs;
	uint32_t used; /* connections, or messages in flight */
	uint32_t most; /* of them; 0 no limit */
	struct gate gate;
	struct gate_limit rate;
	struct daily *daily; /* what left today; NULL no limit */
	uint64_t day; /* of that at most */
	struct groups waiting; /* for what is used */
	uint32_t nwaiting;
	uint32_t relieved; /* of them in that pass: relief.c */
	uint32_t pass;
	size_t len;
	char key[]; /* the kind, then the name */
};

struct meter *meter_take(char kind, const char *name, size_t len);
void meter_drop(struct meter *q);
void meter_set(struct meter *q, uint32_t most, uint64_t rate, uint32_t burst);
void meter_day(struct meter *q, uint64_t most);
void meter_use(struct meter *q, int n);
int meter_full(const struct meter *q);
void meter_wait(struct meter *q, struct group *g);
void meter_unwait(struct group *g);
uint64_t meter_when(const struct meter *q);
uint64_t meter_day_when(const struct meter *q, uint8_t stream, uint64_t want);
uint64_t meter_room(const struct meter *q, uint8_t stream);
void meter_pass(struct meter *q);
void meter_count(const struct meter *q, uint8_t stream, int64_t n);

#endif
