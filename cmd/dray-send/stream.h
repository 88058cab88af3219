/*
 * stream - the streams of the policy, as the scheduler needs them: by the
 * numbers that names.c gives to their names.
 *
 * A stream that the policy does not know is taken for "regular".
 *
 *   stream_policy()       the policy is new
 *   stream_there(name, len)  1 if the policy has it
 *   stream_rank(n)        0 goes first; equals take turns
 *   stream_kept_lanes(n)  percent of a group's connections that streams before
 *                         this one keep for themselves
 *   stream_kept_rate(n)   the same of a rate
 *   stream_all_lanes()    percent of them that any stream keeps
 *   stream_keeps(n)       1 if this stream has lanes kept for it, or comes
 *                         before one that has
 *   stream_retry(n)       its retry schedule
 *   stream_suppresses(s)  by name: which entries of the suppression list count
 *                         for it, a bit for each reason
 *   stream_tells(s)       1 if its senders are told of who is on that list
 */
#ifndef DRAY_SEND_STREAM_H
#define DRAY_SEND_STREAM_H

#include <stddef.h>
#include <stdint.h>

#include "common/bundle.h"
#include "common/policy.h"

void stream_policy(void);
int stream_there(const char *name, size_t len);
uint8_t stream_rank(uint8_t n);
unsigned int stream_kept_lanes(uint8_t n);
unsigned int stream_kept_rate(uint8_t n);
unsigned int stream_all_lanes(void);
int stream_keeps(uint8_t n);
const struct policy_retry *stream_retry(uint8_t n);
unsigned int stream_suppresses(const struct bundle_str *s);
int stream_tells(const struct bundle_str *s);

#endif
