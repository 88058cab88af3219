/*
 * broken - hosts whose CHUNKING, or whose TLS, does not work, though they offer
 * it.
 *
 *   broken_init(b, secs)      how long that is remembered
 *   broken_is(b, ip, now)     1: it does not work there
 *   broken_works(b, ip, now)  it worked there
 *   broken_add(b, ip, now, sure)  it failed.  sure: that is what failed, for
 *                             certain; else it counts only if it never worked
 *                             there.  1 if it is remembered
 *
 * By address, BROKEN_MAX of them in a table; when it is full the oldest gives
 * way.  Nothing survives the process: the price of forgetting is one
 * connection.
 */
#ifndef DRAY_REMOTE_BROKEN_H
#define DRAY_REMOTE_BROKEN_H

#include <stdint.h>

#include "ip.h"

#define BROKEN_MAX 1024
#define BROKEN_WAYS 8
#define BROKEN_CHUNKING 86400.0 /* seconds */
#define BROKEN_TLS 3600.0

struct broken_host {
	struct ip ip;
	uint8_t works;
	double when; /* 0: empty */
};

struct broken {
	double secs;
	struct broken_host host[BROKEN_MAX];
};

void broken_init(struct broken *b, double secs);
int broken_is(const struct broken *b, const struct ip *ip, double now);
void broken_works(struct broken *b, const struct ip *ip, double now);
int broken_add(struct broken *b, const struct ip *ip, double now, int sure);

#endif
