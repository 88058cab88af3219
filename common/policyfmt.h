/*
 * policyfmt - the records of policy.cdb, shared by their writer (dray-policy)
 * and their reader (common/policy).  Nobody else needs this header.
 *
 *   key             data
 *   "policy"        magic, version, generation: three numbers
 *   "node"          hostname, domain, postmaster: three strings
 *   "queue"         the members of policy_queue in the order of policykey_queue
 *   "retry"         n, then, and n times after: numbers
 *   "notices"       the members of policy_notices in the order of
 *                   policykey_notices, from_name, from: two strings
 *   "dns"           the members of policy_dns in the order of policykey_dns,
 *                   forwarders, stubs, insecure, anchors: four strings
 *   "streams"       n (octet), and n times name (string), the members of
 *                   policy_stream in the order of policykey_stream, and its
 *                   retry as in "retry"
 *   "limits"        the members of policy_limits in that of policykey_limits
 *   "s:PATTERN"     a static route: as "limits"; then helo (string), source
 *                   (family octet, 16 octets), n (octet), and n times family
 *                   (octet), port (number), 16 octets, host (string)
 *   "x:PATTERN"     text for people: what that section says, one fact a line
 *   "x:"            the same for all that is not a static route
 *   "x"             the patterns of all static routes, each with a newline
 *
 * A number is 8 octets, least significant first.  A string is its length as
 * one octet pair, least significant first, and so many octets that are
 * printable ASCII.
 *
 *   policyfmt_pack_*(d, s)    appends the record to d
 *   policyfmt_unpack_*(p, n, s_r)
 *                             0 (streams: how many), or -1 EPROTO: a length or a value is out of
 *                             its range.  s_r is then of no use.
 */
#ifndef DRAY_POLICYFMT_H
#define DRAY_POLICYFMT_H

#include <stddef.h>
#include <stdint.h>

#include "common/policy.h"
#include "common/policykey.h"

#define POLICYFMT_MAGIC 0x796c6f7079617264ULL /* "draypoly" */
#define POLICYFMT_LIMITS_LEN (8 * POLICYKEY_LIMITS_N)
#define POLICYFMT_RETRY_MIN 1 /* seconds, any step of the schedule */
#define POLICYFMT_RETRY_MAX (30 * 86400)

/* A record being written, with room for each of them. */
struct policyfmt_buf {
	size_t n;
	unsigned char s[POLICYFMT_LIMITS_LEN + sizeof(struct policy_route) +
	    sizeof(struct policy_dns) + 16 * POLICY_ADDRMAX + 64];
};

struct policyfmt_head {
	uint64_t version;
	uint64_t generation;
};

void policyfmt_pack_head(
    struct policyfmt_buf *d, const struct policyfmt_head *s);
void policyfmt_pack_node(struct policyfmt_buf *d, const struct policy_node *s);
void policyfmt_pack_queue(
    struct policyfmt_buf *d, const struct policy_queue *s);
void policyfmt_pack_retry(
    struct policyfmt_buf *d, const struct policy_retry *s);
void policyfmt_pack_notices(
    struct policyfmt_buf *d, const struct policy_notices *s);
void policyfmt_pack_dns(struct policyfmt_buf *d, const struct policy_dns *s);
void policyfmt_pack_streams(
    struct policyfmt_buf *d, const struct policy_stream *s, unsigned int n);
void policyfmt_pack_limits(
    struct policyfmt_buf *d, const struct policy_limits *s);
void policyfmt_pack_route(
    struct policyfmt_buf *d, const struct policy_route *s);

int policyfmt_unpack_head(const void *p, size_t n, struct policyfmt_head *s_r);
int policyfmt_unpack_node(const void *p, size_t n, struct policy_node *s_r);
int policyfmt_unpack_queue(const void *p, size_t n, struct policy_queue *s_r);
int policyfmt_unpack_retry(const void *p, size_t n, struct policy_retry *s_r);
int policyfmt_unpack_notices(
    const void *p, size_t n, struct policy_notices *s_r);
int policyfmt_unpack_dns(const void *p, size_t n, struct policy_dns *s_r);
int policyfmt_unpack_streams(
    const void *p, size_t n, struct policy_stream s_r[POLICY_STREAMMAX]);
int policyfmt_unpack_limits(const void *p, size_t n, struct policy_limits *s_r);
int policyfmt_unpack_route(const void *p, size_t n, struct policy_route *s_r);

#endif
