/*
 * tally - refusals that are counted instead of being told one by one.
 *
 *   tally_add(a)         one more from the network of a, which gets a row of its
 *                        own while there are fewer than TALLY_ROWS
 *   tally_drop(n)        n more that dray-log could not be told, from anywhere
 *   tally_spill()        those that have rows are such, too
 *   tally_rows(fn, arg)  calls fn for each row, and forgets it
 *   tally_dropped(fn, arg)  the same for what was dropped, if anything was
 */
#ifndef DRAY_SMTPD_TALLY_H
#define DRAY_SMTPD_TALLY_H

#include <stdint.h>

#include "cmd/dray-smtpd/net.h"

#define TALLY_ROWS 64

struct tally_row {
	struct net_addr net; /* family 0: several */
	uint64_t since; /* microseconds since 1970 */
	uint64_t n;
	int dropped;
};

typedef void tally_fn(void *arg, const struct tally_row *row);

void tally_add(const struct net_addr *a);
void tally_drop(uint64_t n);
void tally_spill(void);
void tally_rows(tally_fn *fn, void *arg);
void tally_dropped(tally_fn *fn, void *arg);

#endif
