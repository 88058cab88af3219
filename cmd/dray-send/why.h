/*
 * why - what holds mail to a destination back at this moment, for dray-why(1).
 *
 *   why_begin(c, data, len)  a question of c; 0, or -1 it is malformed
 *   why_turn()               once a turn, for all of them; 1 there is more to do
 *   why_end(c)               c goes away, or was answered
 *   why_path(sa, d)          appends an object: the way that mail to this
 *                            destination takes, and what is in it
 *   why_day(sa, used, most, stream, when)
 *                            appends members: what of the day is used up
 *   fact_find(w, key, f_r)   the line of the policy that sets this limit there;
 *                            0 it has the default
 *   fact_routes(digest_r)    of what decides which mail takes which route
 *   fact_of(kind, name, len, key, f_r)
 *                            the one in the section of this kind and name
 *
 * All runs are gone through to tell streams apart, so much at a turn that mail
 * flows on.
 */
#ifndef DRAY_SEND_WHY_H
#define DRAY_SEND_WHY_H

#include <stddef.h>

#include <skalibs/stralloc.h>

#include "common/policy.h"

#define FACT_DIGEST 16

struct control;
struct dest;
struct why;

struct fact {
	const char *value, *place; /* in the policy */
	size_t nvalue, nplace;
};

int why_begin(struct control *c, const char *data, size_t len);
int why_turn(void);
void why_end(struct control *c);
void why_path(stralloc *sa, struct dest *d);
void why_day(
    stralloc *sa, uint64_t used, uint64_t most, uint8_t stream, uint64_t when);
void fact_routes(unsigned char digest_r[FACT_DIGEST]);
int fact_find(const struct policy_where *w, const char *key, struct fact *f_r);
int fact_of(const char *kind, const char *name, size_t len, const char *key,
    struct fact *f_r);

#endif
