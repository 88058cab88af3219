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
 *   "smtpd"         the members of policy_smtpd in the order of policykey_smtpd
 *   "returns"       the members of policy_returns in the order of
 *                   policykey_returns
 *   "ra:ADDRESS"    what comes back at this address, or at any of this domain:
 *                   POLICY_RETURN_* (octet)
 *   "senders"       how many there are (number)
 *   "sd:PATTERN"    policy_sender but its name, in order: strings
 *   "dkims"         how many there are (number)
 *   "dk:DOMAIN"     the members of policy_dkim in the order of policykey_dkim,
 *                   rsa, ed25519: two strings
 *   "suppression"   the members of policy_suppression in the order of
 *                   policykey_suppression
 *   "signing"       the members of policy_signing in the order of
 *                   policykey_signing, also: a string
 *   "breaker"       the members of policy_breaker in the order of
 *                   policykey_breaker
 *   "bk:stream/STREAM", "bk:tenant/TENANT"
 *                   a mask, and those of them that it names
 *   "tune"          the members of policy_tune in the order of policykey_tune
 *   "bl"            one number, how many of the next there are
 *   "bl:" number from 0 on
 *                   of a list in DNS: zone (string), kind (octet), hold
 *                   (number), n (octet), and n times the first and the last
 *                   code (numbers)
 *   "listeners"     n (octet), and n times name (string), role, rates,
 *                   tls, auth, family (octets), address (16 octets), port
 *                   (number), whether a bare LF becomes CRLF, how many networks
 *                   are trusted (octets), and for each of them family and prefix
 *                   length (octets) and 16 octets
 *   "k"             one number, how many of the next there are
 *   "k:" number from 0 on
 *                   name, chain, key of a certificate: three strings
 *   "streams"       n (octet), and n times name (string), the members of
 *                   policy_stream in the order of policykey_stream, and its
 *                   retry as in "retry"
 *   "match"         as streamrule.h says
 *   "rules"         the reply rules (rule.h)
 *   "limits"        LIMITS of [limits]
 *   "lr:ROUTE"      LIMITS of [route ROUTE]
 *   "lp:PROVIDER"   LIMITS of [provider PROVIDER]
 *   "lb:PROVIDER ROUTE"
 *                   LIMITS of [provider PROVIDER route ROUTE]
 *   "ls:PATTERN"    LIMITS of [static PATTERN]
 *   "tp:PROVIDER"   a mask, and those members of policy_total that it names
 *   "tr:ROUTE"      the same
 *   "ht:TENANT"     a mask, and those members of policy_share that it names
 *   "hc:CAMPAIGN"   the same
 *   "s:PATTERN"     a static route: helo (string), source (family octet, 16
 *                   octets), provider (string), n (octet), and n times family
 *                   (octet), port (number), 16 octets, host (string)
 *   "r:ROUTE"       n (octet), and n times family (octet), 16 octets, weight (4
 *                   octets), helo (string)
 *   "c"             one number, how many of the next there are
 *   "c:SENDER TENANT STREAM"
 *                   name of the route for these; each may be "*"
 *   "p:NAME"        name of the provider that has this name or alias
 *   "md:PATTERN"    name of the provider whose domains= has PATTERN
 *   "mh:PATTERN"    the same for mx=
 *   "mn"            n times family and prefix length (octets), from the
 *                   longest prefix to the shortest
 *   "mn:" family and prefix length (octets), 16 octets
 *                   name of the provider whose networks= has this one
 *   "w:NAME"        a plan of warm-up: overflow (string, may be empty), start,
 *                   wait, n: numbers, and n times quota
 *   "wp:ROUTE PROVIDER SOURCE"
 *                   name of the plan for these; the last two may be "*"
 *   "x:SECTION"     text for people: what that section says, one fact a line
 *   "x:"            the same for all that stands in sections without a name
 *   "x"             the names of all such sections, each with a newline
 *
 * LIMITS is a mask, of which bit i means the i-th key of policykey_limits,
 * and a number for each key that is set in it; then, when the bit above those
 * is set, the schedule: n (octet), and n times 4 octets.  A mask is a number.
 * A record that would say nothing may be missing.
 *
 * Numbers and strings are as in policyfmt_buf.h.
 *
 *   policyfmt_pack_*(d, s)    appends the record to d
 *   policyfmt_unpack_*(p, n, s_r)
 *                             0 (streams, listeners: how many), or -1 EPROTO: a length or
 *                             a value is out of its range.  s_r is then of no
 *                             use.  Those that have a mask leave in s what is
 *                             not set in it, and all of it when they fail
 */
#ifndef DRAY_POLICYFMT_H
#define DRAY_POLICYFMT_H

#include <stddef.h>
#include <stdint.h>

#include "common/policy.h"
#include "common/policyfmt_buf.h"
#include "common/policykey.h"

#define POLICYFMT_MAGIC 0x796c6f7079617264ULL /* "draypoly" */
#define POLICYFMT_RETRY_MIN 1 /* seconds, any step of the schedule */
#define POLICYFMT_RETRY_MAX (30 * 86400)
#define POLICYFMT_WEIGHT_MAX 1000000
#define POLICYFMT_SCHEDULE (UINT64_C(1) << POLICYKEY_LIMITS_N)

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
void policyfmt_pack_smtpd(
    struct policyfmt_buf *d, const struct policy_smtpd *s);
void policyfmt_pack_returns(
    struct policyfmt_buf *d, const struct policy_returns *s);
void policyfmt_pack_listener(
    struct policyfmt_buf *d, const struct policy_listener *s);
void policyfmt_pack_dnsbl(
    struct policyfmt_buf *d, const struct policy_dnsbl *s);
void policyfmt_pack_certificate(
    struct policyfmt_buf *d, const struct policy_certificate *s);
void policyfmt_pack_sender(
    struct policyfmt_buf *d, const struct policy_sender *s);
void policyfmt_pack_dkim(struct policyfmt_buf *d, const struct policy_dkim *s);
void policyfmt_pack_suppression(
    struct policyfmt_buf *d, const struct policy_suppression *s);
void policyfmt_pack_signing(
    struct policyfmt_buf *d, const struct policy_signing *s);
void policyfmt_pack_limits(
    struct policyfmt_buf *d, uint64_t mask, const struct policy_limits *s);
void policyfmt_pack_total(
    struct policyfmt_buf *d, uint64_t mask, const struct policy_total *s);
void policyfmt_pack_share(
    struct policyfmt_buf *d, uint64_t mask, const struct policy_share *s);
void policyfmt_pack_route(
    struct policyfmt_buf *d, const struct policy_route *s);
void policyfmt_pack_warmup(
    struct policyfmt_buf *d, const struct policy_warmup *s);
void policyfmt_pack_vroute(
    struct policyfmt_buf *d, const struct policy_vroute *s);

int policyfmt_unpack_head(const void *p, size_t n, struct policyfmt_head *s_r);
int policyfmt_unpack_node(const void *p, size_t n, struct policy_node *s_r);
int policyfmt_unpack_queue(const void *p, size_t n, struct policy_queue *s_r);
int policyfmt_unpack_retry(const void *p, size_t n, struct policy_retry *s_r);
int policyfmt_unpack_notices(
    const void *p, size_t n, struct policy_notices *s_r);
int policyfmt_unpack_dns(const void *p, size_t n, struct policy_dns *s_r);
int policyfmt_unpack_streams(
    const void *p, size_t n, struct policy_stream s_r[POLICY_STREAMMAX]);
int policyfmt_unpack_smtpd(const void *p, size_t n, struct policy_smtpd *s_r);
int policyfmt_unpack_returns(
    const void *p, size_t n, struct policy_returns *s_r);
int policyfmt_unpack_listeners(
    const void *p, size_t n, struct policy_listener s_r[POLICY_LISTENERMAX]);
int policyfmt_unpack_dnsbl(const void *p, size_t n, struct policy_dnsbl *s_r);
int policyfmt_unpack_certificate(
    const void *p, size_t n, struct policy_certificate *s_r);
int policyfmt_unpack_sender(const void *p, size_t n, struct policy_sender *s_r);
int policyfmt_unpack_dkim(const void *p, size_t n, struct policy_dkim *s_r);
int policyfmt_unpack_suppression(
    const void *p, size_t n, struct policy_suppression *s_r);
int policyfmt_unpack_signing(
    const void *p, size_t n, struct policy_signing *s_r);
int policyfmt_unpack_limits(const void *p, size_t n, struct policy_limits *s);
int policyfmt_unpack_total(const void *p, size_t n, struct policy_total *s);
int policyfmt_unpack_share(const void *p, size_t n, struct policy_share *s);
int policyfmt_unpack_route(const void *p, size_t n, struct policy_route *s_r);
int policyfmt_unpack_vroute(const void *p, size_t n, struct policy_vroute *s_r);
int policyfmt_unpack_warmup(const void *p, size_t n, struct policy_warmup *s_r);
int policyfmt_unpack_name(
    const void *p, size_t n, char s_r[POLICY_LABELMAX + 1]);

#endif
