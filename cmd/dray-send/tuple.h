/*
 * tuple - whose mail a message is.
 *
 * Each sender, tenant and campaign that occur together are kept once, counted,
 * so that a message needs two octets for them.  Where every message has a sender
 * of its own (VERP) there is no end of them: what does not fit has the number
 * 0, which means "look into the bundle".
 *
 *   tuple_init()
 *   tuple_take(m)     the number of the message's, counted once more; or 0
 *   tuple_drop(n)     counts it once less; n may be 0
 *   tuple_at(n)       what it is, until it is dropped; n is not 0
 */
#ifndef DRAY_SEND_TUPLE_H
#define DRAY_SEND_TUPLE_H

#include "common/bundle.h"

struct tuple {
	struct bundle_str sender, tenant, campaign;
};

void tuple_init(void);
uint16_t tuple_take(const struct bundle_msg *m);
void tuple_drop(uint16_t n);
const struct tuple *tuple_at(uint16_t n);

#endif
