/*
 * order - the LANE frame, taken apart.
 *
 *   order_read(o, data, len)   0, or -1: malformed.  o->helo and the names of
 *                              hosts point into data
 *
 * A host's name is used for TLS: it has no zero octets.
 */
#ifndef DRAY_REMOTE_ORDER_H
#define DRAY_REMOTE_ORDER_H

#include <stddef.h>
#include <stdint.h>

#include "ip.h"

#define ORDER_TIMEOUTS 12
#define ORDER_TIMEMAX 604800 /* seconds */
#define ORDER_HELOMAX 255
#define ORDER_HOSTMAX 255

struct target {
	struct ip ip;
	uint16_t port;
	uint8_t host_len;
	const char *host;
};

struct order {
	uint32_t lane, flags, depth, messages;
	uint8_t tls;
	uint32_t timeout[ORDER_TIMEOUTS]; /* enum timeout, lane.h */
	const char *helo;
	size_t helo_len;
	struct ip source;
	uint8_t n;
	struct target target[UINT8_MAX];
};

int order_read(struct order *o, const char *data, size_t len);

#endif
