/*
 * txtask - the TXT records of a name, as dray-dns says.
 *
 *   txtask(name, a)   asks on sock/dns of the working directory and waits for
 *                     the answer, at most DNSASK_SECONDS.  a->n records; where
 *                     nothing is known a->why says why
 */
#ifndef DRAY_KEYS_TXTASK_H
#define DRAY_KEYS_TXTASK_H

#include "common/dnsask.h"

struct txtask {
	unsigned int n;
	size_t len[DNS_TEXTSMAX];
	char text[DNS_TEXTSMAX][DNS_RECORDMAX];
	char why[DNSASK_WHYMAX]; /* "" : n is right */
};

void txtask(const char *name, struct txtask *a);

#endif
