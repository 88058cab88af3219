/*
 * ruleset - a matcher of reply rules, made from their record (common/rule.h).
 * Who asks it uses common/rules.h, and needs nothing of what is in it.
 *
 *   ruleset_load(record, n)   a matcher on the heap, that keeps nothing of the
 *                             record; NULL with errno EPROTO when it is no
 *                             record of rules, or an expression is malformed
 *   ruleset_free(r)
 *   ruleset_check(p, why, size)
 *                             0 when the pattern can be used; -1 and in why,
 *                             of size octets, what is wrong with it
 *   ruleset_provider(r, s, len)
 *                             the number + 1 of a provider that a rule names,
 *                             else 0
 */
#ifndef DRAY_RULESET_H
#define DRAY_RULESET_H

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "common/multifind.h"
#include "common/rule.h"

#define RULESET_KEY "rules" /* of the record in policy.cdb */
#define RULESET_MAX 10000 /* rules */
#define RULESET_LITERALS (128u << 10) /* octets of all literals */

/* A rule without its patterns. */
struct ruleset_known {
	char id[RULE_IDMAX + 1];
	uint8_t phases;
	uint8_t class;
	uint8_t blame;
	uint8_t disposition;
	uint8_t action;
	uint8_t ncode;
	uint8_t nstatus;
	uint32_t number;
	uint32_t duration;
	struct rule_range *code;
	struct rule_status *status;
	uint32_t *provider; /* numbers */
	uint32_t nprovider;
};

/* One pattern of a rule, or a rule without any.  They are numbered in the
 * order in which they are tried. */
struct ruleset_entry {
	uint32_t rule;
	pcre2_code *re; /* NULL: none */
	char *text; /* a literal too long for the automaton, NULL: none */
	size_t len;
	int always; /* it matches any text */
};

struct rules {
	struct ruleset_known *known;
	uint32_t nknown;
	struct ruleset_entry *entry;
	uint32_t nentry;
	char (*provider)[RULE_NAMEMAX + 1];
	uint32_t nprovider;
	struct multifind *literals; /* an entry's number is its id there */
	size_t nliteral; /* octets in there */
	uint64_t *always; /* entries without a literal */
	uint64_t *maybe; /* entries whose literal is in the text */
	uint32_t nword; /* of those two */
	pcre2_match_data *found;
	pcre2_match_context *limits;
};

struct rules *ruleset_load(const void *record, size_t n);
void ruleset_free(struct rules *r);
int ruleset_check(const struct rule_pattern *p, char *why, size_t size);
uint32_t ruleset_provider(const struct rules *r, const char *s, size_t len);

#endif
