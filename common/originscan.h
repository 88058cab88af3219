/*
 * originscan - the header of a message, as it streams in: where it ends, and
 * whose mail it is by its From field.
 *
 *   originscan_start(k)     before the first octet of a message
 *   originscan_feed(k, s, n)  n more octets, in pieces of any size.  How many of
 *                           them are the header's; the rest is the body's.  At
 *                           the empty line k->ended is set, which belongs to
 *                           the header, whose octets are k->header
 *   originscan_from(k, d)   the domain of From, in lower case and A-labels, of
 *                           at most ADDR_DOMAINMAX octets: its length, or 0
 *                           there is none that can be used
 *
 * Of several From fields the first counts, and of several addresses in it; its
 * first ORIGINSCAN_FROMMAX octets are looked at.
 */
#ifndef DRAY_ORIGINSCAN_H
#define DRAY_ORIGINSCAN_H

#include <stddef.h>
#include <stdint.h>

#include "common/addr.h"

#define ORIGINSCAN_FROMMAX 2048

struct originscan {
	uint32_t header;
	int ended;
	enum {
		ORIGINSCAN_LINE, /* at the first octet of a line */
		ORIGINSCAN_NAME,
		ORIGINSCAN_BLANK, /* between From and its colon */
		ORIGINSCAN_VALUE,
		ORIGINSCAN_SKIP,
		ORIGINSCAN_EMPTY, /* behind the CR of an empty line */
	} state;
	int isfrom; /* the field of the line before */
	int have; /* there was one */
	size_t name_len, from_len;
	char from[ORIGINSCAN_FROMMAX];
};

void originscan_start(struct originscan *k);
size_t originscan_feed(struct originscan *k, const char *s, size_t n);
size_t originscan_from(const struct originscan *k, char d[ADDR_DOMAINMAX]);

#endif
