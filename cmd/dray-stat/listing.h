/*
 * listing - the messages in the queue, one after the other as they come.
 *
 *   listing_take(l, data, len)  a frame of the answer: a controlclient_fn for
 *                           a struct listing
 *   listing_end(l)          the last line
 *
 * With raw set the lines of JSON are passed on; otherwise each message is shown
 * as mailq(1) does it.
 */
#ifndef DRAY_STAT_LISTING_H
#define DRAY_STAT_LISTING_H

#include <stddef.h>
#include <stdint.h>

#include <skalibs/stralloc.h>

#define LISTING_LINEMAX (1u << 20)

struct listing {
	int raw;
	stralloc part; /* of a line */
	uint64_t messages;
	uint64_t octets;
};

int listing_take(void *ctx, const char *data, size_t len);
void listing_end(const struct listing *l);

#endif
