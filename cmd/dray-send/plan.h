/*
 * plan - when mail may be delivered: its start, and its windows (bundle.h).
 *
 * Each start and windows that occur together are kept once, counted, so that
 * a message needs two octets for them; 0 is mail without.  Where there is no
 * end of them, what does not fit is looked up in its bundle.
 *
 *   plan_init()
 *   plan_take(m)     the number of the message's, counted once more
 *   plan_drop(n)     counts it once less
 *   plan_at(r, when) the first time not before `when' at which the run may be
 *                    delivered, in seconds; UINT32_MAX never
 *   plan_shut(r)     1 if it may not now
 */
#ifndef DRAY_SEND_PLAN_H
#define DRAY_SEND_PLAN_H

#include "common/bundle.h"

struct run;

void plan_init(void);
uint16_t plan_take(const struct bundle_msg *m);
void plan_drop(uint16_t n);
uint32_t plan_at(const struct run *r, uint32_t when);
int plan_shut(const struct run *r);

#endif
