/*
 * trial - a campaign begins with a sample: of its recipients TRIAL_FIRST leave at
 * once, and the rest when it is known what became of some of them, and dray-tune
 * had the time to stop it.  Otherwise a fast machine would be through with the
 * list before the first refusals are in the log.
 *
 *   trial_when(owner, stream)  0 its mail may leave, or when to ask again, in ns
 *   trial_out(owner, n)        so many recipients are with a lane, or back
 *   trial_settled(owner, n)    have their verdict
 *
 * That is so where [breaker] of the policy is enabled, for mail that has a
 * campaign; once as long as some of it waits.
 */
#ifndef DRAY_SEND_TRIAL_H
#define DRAY_SEND_TRIAL_H

#include <stdint.h>

#define TRIAL_FIRST 500 /* recipients */
#define TRIAL_SETTLED 250 /* of them, and then for so long: */
#define TRIAL_LOOK 1000 /* milliseconds */
#define TRIAL_LONGEST 15000 /* if they are never settled */

uint64_t trial_when(uint16_t owner, uint8_t stream);
void trial_out(uint16_t owner, int n);
void trial_settled(uint16_t owner, unsigned int n);

#endif
