/*
 * policykey - the keys of the policy that have one number for a value, with
 * their defaults and ranges: one place for the compiler, the reader of
 * policy.cdb and whoever prints them.
 *
 *   policykey_queue           the keys of [queue], members of policy_queue
 *   policykey_limits          the keys of [limits], members of policy_limits
 *   policykey_total           what [provider] and [route] have besides, members
 *                             of policy_total
 *   policykey_share           the keys of [tenant] and [campaign], members of
 *                             policy_share
 *   policykey_notices         those of [notices], members of policy_notices
 *   policykey_dns             those of [dns], members of policy_dns
 *   policykey_stream          those of [stream], members of policy_stream
 *   policykey_smtpd           those of [smtpd], members of policy_smtpd
 *   policykey_returns         those of [returns], members of policy_returns
 *   policykey_suppression     those of [suppression], members of
 *                             policy_suppression
 *   policykey_dkim            those of [dkim], members of policy_dkim
 *   policykey_signing         those of [signing], members of policy_signing
 *   policykey_breaker         those of [breaker], members of policy_breaker
 *   policykey_tune            those of [tune], members of policy_tune
 *   policykey_get(k, s)       the member of the struct at s
 *   policykey_set(k, s, v)
 *   policykey_ok(k, v)        1 if v is in the key's range
 *   policykey_find(g, name)   index of the key, or -1
 *   policykey_same(g, a, b)   1 if all members of g are
 *   policykey_defaults(g, s)
 *
 * The order of the keys is the order in the records of policy.cdb: whoever
 * changes it changes POLICY_VERSION.
 */
#ifndef DRAY_POLICYKEY_H
#define DRAY_POLICYKEY_H

#include <stddef.h>
#include <stdint.h>

#define POLICYKEY_QUEUE_N 12
#define POLICYKEY_LIMITS_N 34
#define POLICYKEY_TOTAL_N 3
#define POLICYKEY_SHARE_N 4
#define POLICYKEY_NOTICES_N 4
#define POLICYKEY_DNS_N 7
#define POLICYKEY_STREAM_N 11
#define POLICYKEY_SMTPD_N 15
#define POLICYKEY_RETURNS_N 1
#define POLICYKEY_SUPPRESSION_N 7
#define POLICYKEY_DKIM_N 2
#define POLICYKEY_SIGNING_N 1
#define POLICYKEY_BREAKER_N 10
#define POLICYKEY_TUNE_N 12
#define POLICYKEY_MAX 33 /* the largest of them */

enum policykey_kind {
	POLICYKEY_NUMBER,
	POLICYKEY_SIZE, /* octets; K, M, G */
	POLICYKEY_DURATION, /* seconds; s, m, h, d, w */
	POLICYKEY_YESNO,
	POLICYKEY_PERCENT, /* of a hundred; % */
	POLICYKEY_SHARE, /* the same with two decimals; of 10,000 */
	POLICYKEY_WORD, /* one of words[]; the number is its index */
	POLICYKEY_RATE, /* 100/min; the range is that of its count */
	POLICYKEY_BYTERATE, /* 10M/min; the same */
};

#define POLICYKEY_SECONDS_MAX 86400 /* the longest period of a rate */

struct policykey {
	const char *name;
	enum policykey_kind kind;
	size_t offset;
	size_t width; /* 1, 4 or 8 octets */
	uint64_t value;
	uint64_t min;
	uint64_t max;
	const char *const *words; /* of POLICYKEY_WORD, max + 1 of them */
};

struct policykey_group {
	const struct policykey *key;
	int n;
};

extern const struct policykey_group policykey_queue;
extern const struct policykey_group policykey_limits;
extern const struct policykey_group policykey_total;
extern const struct policykey_group policykey_share;
extern const struct policykey_group policykey_notices;
extern const struct policykey_group policykey_dns;
extern const struct policykey_group policykey_stream;
extern const struct policykey_group policykey_smtpd;
extern const struct policykey_group policykey_returns;
extern const struct policykey_group policykey_suppression;
extern const struct policykey_group policykey_dkim;
extern const struct policykey_group policykey_signing;
extern const struct policykey_group policykey_breaker;
extern const struct policykey_group policykey_tune;

uint64_t policykey_get(const struct policykey *k, const void *s);
void policykey_set(const struct policykey *k, void *s, uint64_t v);
int policykey_ok(const struct policykey *k, uint64_t v);
int policykey_find(const struct policykey_group *g, const char *name);
int policykey_same(
    const struct policykey_group *g, const void *a, const void *b);
void policykey_defaults(const struct policykey_group *g, void *s);

#endif
