/*
 * owner - whose campaign a message belongs to: each tenant and campaign that occur
 * together have a number, counted, so that a message needs two octets for them.
 * What does not fit is number 0, all of them together.
 *
 *   owner_take(m)   the number of the message's, counted once more; or 0
 *   owner_drop(n)   counts it once less
 *   owner_at(n)     what it is; NULL for 0
 */
#ifndef DRAY_SEND_OWNER_H
#define DRAY_SEND_OWNER_H

#include <stdint.h>

#include "common/bundle.h"

struct meter;

/* trial.h; recipients */
struct trial {
	uint32_t out, settled;
	uint64_t since, until; /* ns, 0 not yet */
	uint64_t generation; /* of the policy that says if it has to be */
	uint8_t asked, wanted; /* what it says, of this stream */
	uint8_t stream;
	uint8_t over;
};

struct owner {
	struct bundle_str tenant, campaign;
	struct meter *share[2]; /* of the tenant, of the campaign: quota.c */
	uint64_t generation; /* of the policy that they came from */
	uint32_t jobs; /* that are with a lane */
	struct trial trial;
	uint32_t refs;
};

void owner_init(void);
struct owner *owner_at(uint16_t n);
uint16_t owner_take(const struct bundle_msg *m);
void owner_drop(uint16_t n);

#endif
