/*
 * The matcher of reply rules: which of them takes a reply, what is said where
 * none does, records that are damaged, and texts made to hold it up.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/ruledefault.h"
#include "common/rules.h"
#include "common/ruleset.h"
#include "t/lib/tap.h"

static struct rule rule;
static stralloc record;
static struct rules *rules;

static void
begin(void)
{
	record.len = 0;
}

/* A rule that takes everything, to be narrowed down before put(). */
static void
make(const char *id, uint8_t class)
{
	memset(&rule, 0, sizeof rule);
	rule.id = (struct rule_str){ id, strlen(id) };
	rule.providers.s = rule.route.s = "";
	rule.class = class;
	rule.blame = ruleword_blame(class);
	rule.disposition = ruleword_disposition(class);
}

static void
pattern(char kind, const char *s)
{
	struct rule_pattern *p = &rule.pattern[rule.npattern++];

	p->kind = kind;
	p->text = (struct rule_str){ s, strlen(s) };
}

static void
put(void)
{
	rule_pack(&record, &rule);
}

static void
text_rule(const char *id, uint8_t class, char kind, const char *s)
{
	make(id, class);
	pattern(kind, s);
	put();
}

static void
load(void)
{
	ruleset_free(rules);
	rules = ruleset_load(record.s, record.len);
	if (!rules)
		abort();
}

static struct rules_verdict
ask(unsigned int code, const char *status, const char *text)
{
	struct rules_verdict v;
	struct rules_input in = { .code = code,
		.status = status,
		.status_len = strlen(status),
		.text = text,
		.len = strlen(text) };

	rules_classify(rules, &in, &v);
	return v;
}

static void
is_rule(
    unsigned int code, const char *status, const char *text, const char *want)
{
	is_str(ask(code, status, text).rule, want, text);
}

static void
test_order(void)
{
	begin();
	text_rule("first", RULE_VIRUS, 't', "Big  VIRUS");
	text_rule("second", RULE_SPAM_BLOCK, 't', "virus");
	text_rule("third", RULE_POLICY, 'r', "no(?:t|ne)? allowed");
	make("fourth", RULE_GREYLIST);
	pattern('t', "grey");
	pattern('r', "gr[ae]ylist");
	put();
	text_rule("long", RULE_LOOP, 't', "much longer than a literal can be");
	text_rule("kana", RULE_SYSTEM, 't', "ユーザー");
	load();
	is_rule(550, "", "a big virus", "first");
	is_rule(550, "", "a virus", "second");
	is_rule(550, "", "NOT allowed", "third");
	is_rule(550, "", "no allowed", "third");
	is_rule(550, "", "not quite allowed", "default:5xx");
	is_rule(450, "", "GRAYLIST", "fourth");
	is_rule(450, "", "much longer than a literal can be", "long");
	is_rule(450, "", "much longer than a pattern", "default:4xx");
	is_rule(450, "", "この ユーザー は", "kana");
	is_rule(450, "", "この ユーピー は", "default:4xx");
	is_int(ask(550, "", "a virus").index, 1, "the number of the rule");
	is_int(ask(550, "", "none").index, -1, "and where there is none");
}

static void
test_codes(void)
{
	begin();
	make("45x", RULE_GREYLIST);
	rule.ncode = 2;
	rule.code[0] = (struct rule_range){ 450, 459 };
	rule.code[1] = (struct rule_range){ 421, 421 };
	put();
	make("4xx", RULE_SYSTEM);
	rule.ncode = 1;
	rule.code[0] = (struct rule_range){ 400, 499 };
	put();
	make("status", RULE_TOO_LARGE);
	rule.nstatus = 2;
	rule.status[0] = (struct rule_status){ 5, { 7, 7 }, { 606, 649 } };
	rule.status[1] = (struct rule_status){ 0, { 1, 1 }, { 0, 999 } };
	put();
	load();
	is_rule(450, "", "450", "45x");
	is_rule(421, "", "421", "45x");
	is_rule(460, "", "460", "4xx");
	is_rule(0, "4.2.1", "unknown code, known status", "4xx");
	is_rule(0, "", "nothing known", "default");
	is_rule(550, "5.7.606", "in the range", "status");
	is_rule(550, "5.7.650", "beyond the range", "default:5xx");
	is_rule(550, "2.1.5", "any class of status", "status");
	is_rule(550, "", "5.1.7 status in the text", "status");
	is_rule(550, "", "status at the end (#5.1.7)", "status");
	is_rule(550, "bad", "status that is none", "default:5xx");
}

static const char *
ask_at(const char *provider, uint8_t phase)
{
	struct rules_verdict v;
	struct rules_input in = { .code = 550,
		.provider = provider,
		.provider_len = strlen(provider),
		.phase = phase,
		.text = "x",
		.len = 1 };

	rules_classify(rules, &in, &v);
	return v.rule;
}

static void
test_places(void)
{
	begin();
	make("of-two", RULE_GREYLIST);
	rule.providers = (struct rule_str){ "google yahoo", 12 };
	rule.ncode = 1;
	rule.code[0] = (struct rule_range){ 550, 550 };
	put();
	make("at-rcpt", RULE_SYSTEM);
	rule.phases = 16;
	put();
	load();
	is_str(ask_at("google", 0), "of-two", "the first provider");
	is_str(ask_at("yahoo", 0), "of-two", "the second");
	is_str(ask_at("yahoo2", 0), "at-rcpt", "another");
	is_str(ask_at("", 16), "at-rcpt", "the phase");
	is_str(ask_at("", 0), "at-rcpt", "a phase that is not known");
	is_str(ask_at("", 64), "default:5xx", "another phase");
	is_int(ruleword_phase('r'), 16, "r is RCPT");
	is_int(ruleword_phase('d'), 64, "d is the dot");
	is_int(ruleword_phase('g'), 1, "g is the connection");
	is_int(ruleword_phase('q'), 0, "QUIT is no phase");
	is_int(ruleword_phase(0), 0, "nor is none");
}

static void
test_fates(void)
{
	struct rules_verdict v;

	begin();
	text_rule("rate", RULE_RATE_LIMITED, 't', "too fast");
	text_rule("user", RULE_BAD_MAILBOX, 't', "no such user");
	text_rule("full", RULE_MAILBOX_FULL, 't', "mailbox full");
	load();
	v = ask(550, "", "Too fast");
	ok(v.class == RULE_RATE_LIMITED && v.fate == RULE_RETRY &&
		v.blame == RULE_BLAME_SOURCE_AT_SITE,
	    "a 5xx that means later");
	v = ask(450, "", "No such user");
	ok(v.fate == RULE_FAIL && v.blame == RULE_BLAME_RECIPIENT,
	    "a 4xx that means never");
	is_int(
	    ask(450, "", "mailbox full").fate, RULE_RETRY, "4xx by its code");
	is_int(ask(550, "", "mailbox full").fate, RULE_FAIL, "5xx by its code");
	is_int(
	    ask(0, "5.2.2", "mailbox full").fate, RULE_FAIL, "by its status");
	is_int(ask(0, "", "mailbox full").fate, RULE_DEFAULT, "nobody knows");
	is_int(ask(250, "", "fine").class, RULE_DELIVERED, "a success");
}

static void
is_default(unsigned int code, const char *status, int class, int fate)
{
	struct rules_verdict v = ask(code, status, "");
	char name[32];

	snprintf(name, sizeof name, "%u %s: %s", code, status, v.rule);
	ok(v.class == class && v.fate == fate, name);
}

static void
test_defaults(void)
{
	ruleset_free(rules);
	rules = NULL;
	is_default(550, "5.1.1", RULE_BAD_MAILBOX, RULE_FAIL);
	is_default(450, "4.1.1", RULE_BAD_MAILBOX, RULE_RETRY);
	is_default(550, "5.7.28", RULE_RATE_LIMITED, RULE_RETRY);
	is_default(550, "5.1.10", RULE_BAD_DOMAIN, RULE_FAIL);
	is_default(552, "", RULE_MAILBOX_FULL, RULE_FAIL);
	is_default(552, "5.3.4", RULE_TOO_LARGE, RULE_FAIL);
	is_default(552, "5.99.99", RULE_MAILBOX_FULL, RULE_FAIL);
	is_default(421, "", RULE_SYSTEM, RULE_RETRY);
	is_default(554, "5.3.0", RULE_SYSTEM, RULE_FAIL);
	is_default(0, "5.7.1", RULE_POLICY, RULE_FAIL);
	is_default(599, "", RULE_UNKNOWN, RULE_FAIL);
	is_default(0, "", RULE_UNKNOWN, RULE_DEFAULT);
	is_default(250, "2.1.5", RULE_DELIVERED, RULE_DEFAULT);
}

static void
test_patterns(void)
{
	struct rule_pattern p = { 'r', { "abc(", 4 } };
	char why[256];

	is_int(ruleset_check(&p, why, sizeof why), -1, "no expression");
	ok(strstr(why, "octet 5") != NULL, "and where");
	p.text = (struct rule_str){ "abc", 3 };
	is_int(ruleset_check(&p, why, sizeof why), 0, "an expression");
	p.text = (struct rule_str){ "\xc3\xa9tabli", 7 };
	is_int(ruleset_check(&p, why, sizeof why), -1, "one that is not ASCII");
	p.kind = 't';
	is_int(ruleset_check(&p, why, sizeof why), 0, "a text may be so");
	p.text = (struct rule_str){ "  ab ", 5 };
	is_int(ruleset_check(&p, why, sizeof why), -1, "but is not so short");
}

/* Every cut and every octet changed: refused, or a matcher that works. */
static void
test_damaged(void)
{
	char *s;
	size_t i, n;
	int cut = 0;

	begin();
	make("whole", RULE_GREYLIST);
	rule.providers = (struct rule_str){ "google yahoo", 12 };
	rule.ncode = 1;
	rule.code[0] = (struct rule_range){ 450, 459 };
	rule.nstatus = 1;
	rule.status[0] = (struct rule_status){ 4, { 7, 7 }, { 1, 1 } };
	pattern('r', "gr[ae]ylist");
	pattern('t', "later");
	put();
	load();
	for (n = 1; n < record.len; n++) {
		s = malloc(n);
		memcpy(s, record.s, n);
		cut += ruleset_load(s, n) == NULL && errno == EPROTO;
		free(s);
	}
	is_int(cut, (long long)record.len - 1, "every cut is refused");
	for (i = 0; i < record.len; i++)
		for (n = 1; n < 256; n *= 2) {
			record.s[i] = (char)(record.s[i] ^ n);
			ruleset_free(rules);
			rules = ruleset_load(record.s, record.len);
			(void)ask(450, "4.7.1", "greylist, later");
			record.s[i] = (char)(record.s[i] ^ n);
		}
	ok(1, "every octet was another one");
	load();
	is_int(rules_try(rules, 0,
		   &(struct rules_input){ .code = 450,
		       .text = "4.7.1 greylist",
		       .len = 14,
		       .provider = "yahoo",
		       .provider_len = 5 }),
	    1, "the whole record works");
}

static double
cpu(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Expressions that take exponential or cubic time on such a text. */
static void
test_hostile(void)
{
	static const char *const bad[] = { "(?:a+)+bcd", "(?:a|aa)+bcd",
		"a{1,60}a{1,60}a{1,60}bcd", "(?:a{0,90}){0,90}bcd",
		"(?:.{0,80}a){0,40}bcd", "(?:[a-z ]{1,99}){1,99} bcd" };
	size_t i, n = 1 << 20;
	char *s = malloc(n + 1);
	double t, worst = 0;
	int round;

	begin();
	for (i = 0; i < sizeof bad / sizeof *bad; i++)
		text_rule("bad", RULE_LOOP, 'r', bad[i]);
	load();
	memset(s, 'a', n);
	s[n] = '\0';
	memcpy(s + 4000, "xbcd", 4);
	for (round = 0; round < 3; round++) {
		t = cpu();
		(void)ask(550, "", s);
		t = cpu() - t;
		if (round == 0 || t < worst)
			worst = t;
	}
	free(s);
	printf("# %.3f ms\n", worst * 1e3);
#ifdef DRAY_SANITIZE
	worst /= 10;
#endif
	ok(worst < 0.010, "a hostile text of 1 MB takes less than 10 ms");
}

int
main(void)
{
	test_order();
	test_codes();
	test_places();
	test_fates();
	test_defaults();
	test_patterns();
	test_damaged();
	test_hostile();
	ruleset_free(rules);
	stralloc_free(&record);
	return done_testing();
}
