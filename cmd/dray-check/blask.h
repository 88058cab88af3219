/*
 * blask - asks a list whether something is on it.
 *
 *   blask_zone(b)        the list that is asked from now on
 *   blask(o, code_r)     BLASK_LISTED and the code, an IPv4 address as a number;
 *                        BLASK_NOT; or BLASK_UNKNOWN: it could not be found
 *                        out, which has been said
 *
 *   blask_text(o, d)     what the list says about it in words, mostly why and
 *                        where one reads more: its first TXT record, at most
 *                        BLASK_TEXTMAX - 1 octets of it, printable ASCII.  ""
 *                        there is none, or no answer
 *
 * What a list says is believed only as far as it makes sense.  An answer outside
 * 127.0.0.0/8 comes from whoever has the zone now, 127.255.255.0/24 and
 * 127.0.0.1 mean that it does not answer us: these are errors.  And before the
 * first listing of a zone is told, the zone is asked for what no list may have
 * (RFC 5782 5): a list that was given up may say yes to everything.
 *
 * After BLASK_FAILURES failures in a row, and where the zone is of no use, it is
 * not asked again in this run; nor is it for words after so many of these.
 */
#ifndef DRAY_CHECK_BLASK_H
#define DRAY_CHECK_BLASK_H

#include <stdint.h>

#include "cmd/dray-check/listing.h"
#include "cmd/dray-check/own.h"
#include "common/policy.h"

#define BLASK_FAILURES 3
#define BLASK_TEXTMAX LISTING_TEXTMAX

#define BLASK_NOT 0
#define BLASK_LISTED 1
#define BLASK_UNKNOWN 2

void blask_zone(const struct policy_dnsbl *b);
int blask(const struct own *o, uint32_t *code_r);
void blask_text(const struct own *o, char d[BLASK_TEXTMAX]);

#endif
