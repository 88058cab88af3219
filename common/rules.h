/*
 * rules - the one matcher of reply rules: what a reply means, whose fault it
 * is, and what becomes of the recipient.  dray-rules(5) describes the rules;
 * they are stored in policy.cdb, and common/ruleset.h makes a matcher of them.
 *
 *   rules_classify(r, in, v_r)
 *                             always finds an answer: the first rule that
 *                             matches, else what the enhanced status or the
 *                             code says by itself (common/ruledefault.h).
 *                             r may be NULL: there are no rules
 *   rules_try(r, i, in)       1 when rule number i by itself matches
 *
 * The text of a reply is from a stranger.  At most RULETEXT_MAX octets of it
 * are looked at, and no expression costs more than RULES_STEPS of PCRE2's
 * match limit; those that reach it do not match, and after RULES_GIVEUP of
 * them no more are tried.  So a reply takes microseconds, and the worst that
 * can be thought of less than 10 ms.
 *
 * A matcher is for one thread.
 */
#ifndef DRAY_RULES_H
#define DRAY_RULES_H

#include <stddef.h>
#include <stdint.h>

#include "common/ruletext.h"
#include "common/ruleword.h"

#define RULES_STEPS 5000
#define RULES_GIVEUP 4

struct rules;

struct rules_input {
	const char *provider; /* NULL or "": unknown */
	size_t provider_len;
	uint8_t phase; /* one bit, 0: unknown (common/ruleword.h) */
	unsigned int code; /* 0: unknown */
	const char *status; /* "5.1.1", "" or NULL: unknown, or in the text */
	size_t status_len;
	const char *text;
	size_t len;
};

struct rules_verdict {
	uint8_t class; /* of common/ruleword.h */
	uint8_t blame;
	uint8_t disposition; /* as written */
	uint8_t fate; /* RULE_RETRY, RULE_FAIL or RULE_DEFAULT: unknown */
	uint8_t action;
	uint32_t number;
	uint32_t duration;
	int index; /* of the rule, -1: none */
	const char *rule; /* its id, while the matcher lives */
};

void rules_classify(
    struct rules *r, const struct rules_input *in, struct rules_verdict *v_r);
int rules_try(struct rules *r, int i, const struct rules_input *in);

#endif
