/*
 * A record of reply rules from a stranger: it is refused, or a matcher that
 * answers.  What is taken comes out as it went in.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/rules.h"
#include "common/ruleset.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
pack_again(const uint8_t *data, size_t n)
{
	static struct rule rule;
	stralloc sa = STRALLOC_ZERO;
	struct field f;
	int got;

	field_start(&f, data, n);
	while ((got = rule_unpack(&f, &rule)) == 1)
		rule_pack(&sa, &rule);
	if (got == 0 && (sa.len != n || (n && memcmp(sa.s, data, n) != 0)))
		abort();
	stralloc_free(&sa);
}

static void
ask(struct rules *r, const char *text, unsigned int code)
{
	struct rules_input in = { .provider = "google",
		.provider_len = 6,
		.code = code,
		.text = text,
		.len = strlen(text) };
	struct rules_verdict v;

	rules_classify(r, &in, &v);
	if (v.class >= RULE_CLASSES || v.blame >= RULE_BLAMES ||
	    v.fate > RULE_FAIL || !v.rule || !*v.rule)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct rules *r;

	pack_again(data, n);
	r = ruleset_load(data, n);
	if (!r)
		return 0;
	ask(r, "5.1.1 user unknown: mailbox full", 550);
	ask(r, "greylisted, try again later, aaaaaaaaaaaaaaaaaaa", 450);
	ask(r, "", 0);
	ruleset_free(r);
	return 0;
}
