/*
 * broken - hosts whose CHUNKING does not work, though they offer it.
 *
 *   broken_is(b, ip, now)     1: use DATA there
 *   broken_works(b, ip, now)  a message went there by BDAT
 *   broken_add(b, ip, now, sure)  BDAT failed.  sure: the reply said so; else
 *                             the host just hung up, which counts only if BDAT
 *                             never worked there.  1 if it is remembered
 *
 * By address, BROKEN_MAX of them, for BROKEN_TIME seconds; when the table is
 * full the oldest gives way.  Nothing survives the process: the price of
 * forgetting is one connection.
 */
#ifndef DRAY_REMOTE_BROKEN_H
#define DRAY_REMOTE_BROKEN_H

#include <stdint.h>

#include "ip.h"

#define BROKEN_MAX 1024
#define BROKEN_WAYS 8
#define BROKEN_TIME 86400.0

struct broken_host {
	struct ip ip;
	uint8_t works;
	double when; /* 0: empty */
};

struct broken {
	struct broken_host host[BROKEN_MAX];
};

int broken_is(const struct broken *b, const struct ip *ip, double now);
void broken_works(struct broken *b, const struct ip *ip, double now);
int broken_add(struct broken *b, const struct ip *ip, double now, int sure);

#endif
