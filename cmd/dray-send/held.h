/*
 * held - what holds mail back, and for how long it did.
 *
 * What stops a destination, a line or a level of a group remembers since when,
 * and by what, in a struct span.  A job that is handed to a lane looks which
 * of the spans it waited through longest: no run has to remember anything.
 *
 *   held_name(by)          as it stands in events (dray-log(5)): the key of a
 *                          limit, or a word
 *   held_begin(s, by, rule)
 *                          mail is held from now on; where it is held already,
 *                          or was until this very moment, what holds it now
 *                          counts.  rule is the number of an override, else 0
 *   held_end(s)            it is not any more
 *   held_log(on)           all mail is, or not, by the log
 *   held_rule(n, id)       the id of the override that has this number now;
 *                          numbers are used again
 *   held_job(j, q, arrival)
 *                          notes in j, which comes from q, what held its
 *                          message, which arrived at that time, in microseconds
 *   held_put(sa, j)        appends that to a JSON object, if anything did
 *   held_group(q, when_r)  what of its group and its site keeps the next job
 *                          of q from leaving at this moment; HELD_NOT nothing.
 *                          *when_r is when it may leave, in nanoseconds since
 *                          1970, if that is known, else 0
 */
#ifndef DRAY_SEND_HELD_H
#define DRAY_SEND_HELD_H

#include <stdint.h>

#include <skalibs/stralloc.h>

enum held_by {
	HELD_NOT,
	HELD_MESSAGE_RATE,
	HELD_BYTE_RATE,
	HELD_CONNECTION_RATE,
	HELD_CONNECTIONS,
	HELD_TOTAL_RATE, /* of the provider, or of the route */
	HELD_TOTAL,
	HELD_DAY,
	HELD_TOTAL_DAY,
	HELD_WARMUP,
	HELD_SHARE, /* of the tenant or the campaign */
	HELD_SERVERS, /* they take no more connections: site.allowed */
	HELD_WORKERS, /* no place in any of them, or no descriptor */
	HELD_SLEEP,
	HELD_OVERRIDE,
	HELD_DNS,
	HELD_LOG,
	HELD_N
};

/* Times are milliseconds since 1970. */
struct span {
	uint64_t from : 48, by : 8, rule : 8;
	uint64_t to : 48; /* 0: it lasts */
};

struct job;
struct queue;

const char *held_name(enum held_by by);
void held_begin(struct span *s, enum held_by by, uint8_t rule);
void held_end(struct span *s);
void held_log(int on);
void held_rule(uint8_t n, const char *id);
void held_job(struct job *j, const struct queue *q, uint64_t arrival);
void held_put(stralloc *sa, const struct job *j);
enum held_by held_group(const struct queue *q, uint64_t *when_r);

#endif
