/*
 * A reply from a stranger at a matcher with rules of each kind: the first
 * octets say code, phase and provider, then comes the status up to a NUL, then
 * the text.  A rule that took it has to take it when it is asked alone, and no
 * rule before it may.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/rules.h"
#include "common/ruleset.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const struct {
	const char *id, *provider, *text, *regex;
	uint16_t from, to;
} known[] = {
	{ "a", "google", "rate", NULL, 0, 0 },
	{ "b", "", "user unknown", "no such (?:user|mailbox)", 550, 559 },
	{ "c", "", NULL, "quota.{0,20}exceed|over ?quota", 400, 599 },
	{ "d", "google yahoo", NULL, NULL, 421, 421 },
	{ "e", "", "ユーザー", "\\[ts[0-9]{2}\\]", 0, 0 },
	{ "f", "", "a text that is longer than a literal", NULL, 0, 0 },
	{ "g", "", NULL, "(?:a+)+bcd", 0, 0 },
};

#define N (int)(sizeof known / sizeof *known)

static void
add(stralloc *sa, int i)
{
	static struct rule r;

	memset(&r, 0, sizeof r);
	r.id = (struct rule_str){ known[i].id, 1 };
	r.providers =
	    (struct rule_str){ known[i].provider, strlen(known[i].provider) };
	r.route.s = "";
	if (known[i].to) {
		r.ncode = 1;
		r.code[0] = (struct rule_range){ known[i].from, known[i].to };
	}
	if (known[i].text) {
		r.pattern[r.npattern].kind = 't';
		r.pattern[r.npattern++].text =
		    (struct rule_str){ known[i].text, strlen(known[i].text) };
	}
	if (known[i].regex) {
		r.pattern[r.npattern].kind = 'r';
		r.pattern[r.npattern++].text =
		    (struct rule_str){ known[i].regex, strlen(known[i].regex) };
	}
	rule_pack(sa, &r);
}

static struct rules *
load(void)
{
	stralloc sa = STRALLOC_ZERO;
	struct rules *r;
	int i;

	for (i = 0; i < N; i++)
		add(&sa, i);
	r = ruleset_load(sa.s, sa.len);
	if (!r)
		abort();
	stralloc_free(&sa);
	return r;
}

static void
check(struct rules *r, const struct rules_input *in)
{
	struct rules_verdict v;
	int i, end;

	rules_classify(r, in, &v);
	if (v.index < -1 || v.index >= N || v.class >= RULE_CLASSES ||
	    v.fate > RULE_FAIL || !*v.rule)
		abort();
	if (v.index >= 0 && !rules_try(r, v.index, in))
		abort();
	end = v.index == -1 ? N : v.index;
	for (i = 0; i < end; i++)
		if (rules_try(r, i, in))
			abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const char *const providers[] = { "", "google", "yahoo", "x" };
	static const unsigned int codes[] = { 0, 421, 450, 550, 554, 250 };
	static struct rules *r;
	struct rules_input in = { 0 };
	const uint8_t *nul;

	if (!r)
		r = load();
	if (n < 2)
		return 0;
	in.code = codes[data[0] % 6];
	in.provider = providers[data[1] % 4];
	in.provider_len = strlen(in.provider);
	in.phase = ruleword_phase((char)data[1]);
	data += 2;
	n -= 2;
	nul = memchr(data, 0, n);
	if (nul) {
		in.status = (const char *)data;
		in.status_len = (size_t)(nul - data);
		n -= in.status_len + 1;
		data = nul + 1;
	}
	in.text = (const char *)data;
	in.len = n;
	check(r, &in);
	return 0;
}
