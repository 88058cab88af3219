#include <stdlib.h>
#include <string.h>

#include "cmd/dray-policy/rulebook.h"
#include "cmd/dray-policy/setting.h"
#include "cmd/dray-policy/value.h"

static const char *const names[RULEBOOK_KEYS] = { "provider", "phase", "code",
	"enhanced", "text", "regex", "class", "blame", "disposition", "action",
	"duration", "provenance", "match", "nomatch", "enabled" };

int
rulekey_find(const char *name)
{
	int i;

	for (i = 0; i < RULEBOOK_KEYS; i++)
		if (!strcmp(names[i], name))
			return i;
	return -1;
}

const char *
rulekey_name(enum rulebook_key key)
{
	return names[key];
}

static void
set_providers(struct setting *s, struct rulebook_rule *r)
{
	const char *word;
	size_t n, at = 0, pos = 0;

	r->providers = conf_alloc(NULL, strlen(s->value) + 1, 1);
	while ((word = setting_word(s, &pos)) != NULL) {
		n = strlen(word);
		if (n > RULE_NAMEMAX) {
			setting_wrong(s, "has a name that is too long");
			return;
		}
		if (at)
			r->providers[at++] = ' ';
		memcpy(r->providers + at, word, n);
		at += n;
	}
	r->providers[at] = '\0';
	r->rule.providers.s = r->providers;
	r->rule.providers.len = at;
	if (!at || at > RULE_PROVIDERSMAX)
		setting_wrong(s, at ? "is too long" : "has no name");
}

static void
set_phases(struct setting *s, struct rulebook_rule *r)
{
	const char *word;
	size_t pos = 0;
	int i;

	while ((word = setting_word(s, &pos)) != NULL) {
		i = ruleword_find(&ruleword_phases, word, strlen(word));
		if (i == -1) {
			setting_wrong(s,
			    "is not a list of connect helo starttls mail "
			    "rcpt data dot");
			return;
		}
		r->rule.phases = (uint8_t)(r->rule.phases | 1 << i);
	}
	if (!r->rule.phases)
		setting_wrong(s, "has no phase");
}

/* 421, 45x or 4xx. */
static int
scan_code(const char *s, struct rule_range *r_r)
{
	unsigned int i, from = 0, to = 0;

	if (strlen(s) != 3 || *s < '2' || *s > '5')
		return -1;
	for (i = 0; i < 3; i++) {
		int digit = s[i] >= '0' && s[i] <= '9';

		if (!digit && strcmp(s + i, i == 1 ? "xx" : "x") != 0 &&
		    (s[i] != 'x' || s[i - 1] != 'x'))
			return -1;
		from = from * 10 + (digit ? (unsigned int)(s[i] - '0') : 0);
		to = to * 10 + (digit ? (unsigned int)(s[i] - '0') : 9);
	}
	r_r->from = (uint16_t)from;
	r_r->to = (uint16_t)to;
	return 0;
}

static void
set_codes(struct setting *s, struct rulebook_rule *r)
{
	const char *word;
	size_t pos = 0;

	while ((word = setting_word(s, &pos)) != NULL) {
		if (r->rule.ncode == RULE_CODES) {
			setting_wrong(s, "has more than 8 codes");
			return;
		}
		if (scan_code(word, &r->rule.code[r->rule.ncode]) == -1) {
			setting_wrong(
			    s, "is not a list of codes such as 421 45x 5xx");
			return;
		}
		r->rule.ncode++;
	}
	if (!r->rule.ncode)
		setting_wrong(s, "has no code");
}

/* 7, 606-649 or x; *s moves behind it. */
static int
scan_range(const char **s, struct rule_range *r_r)
{
	unsigned long from, to;
	char *end;

	if (**s == 'x') {
		r_r->from = 0;
		r_r->to = 999;
		(*s)++;
		return 0;
	}
	if (**s < '0' || **s > '9')
		return -1;
	from = to = strtoul(*s, &end, 10);
	if (*end == '-' && end[1] >= '0' && end[1] <= '9')
		to = strtoul(end + 1, &end, 10);
	*s = end;
	r_r->from = (uint16_t)from;
	r_r->to = (uint16_t)to;
	return from <= to && to <= 999 ? 0 : -1;
}

/* 4.7.28, x.7.1, 5.7.606-649 or 5.1.x. */
static int
scan_status(const char *s, struct rule_status *t)
{
	if (!strchr("x245", *s) || s[1] != '.')
		return -1;
	t->class = (uint8_t)(*s == 'x' ? 0 : *s - '0');
	s += 2;
	if (scan_range(&s, &t->subject) == -1 || *s++ != '.' ||
	    scan_range(&s, &t->detail) == -1)
		return -1;
	return *s ? -1 : 0;
}

static void
set_statuses(struct setting *s, struct rulebook_rule *r)
{
	const char *word;
	size_t pos = 0;

	while ((word = setting_word(s, &pos)) != NULL) {
		if (r->rule.nstatus == RULE_STATUSES) {
			setting_wrong(s, "has more than 16 codes");
			return;
		}
		if (scan_status(word, &r->rule.status[r->rule.nstatus]) == -1) {
			setting_wrong(s,
			    "is not a list of codes such as 4.7.28 x.7.1 "
			    "5.7.606-649 5.1.x");
			return;
		}
		r->rule.nstatus++;
	}
	if (!r->rule.nstatus)
		setting_wrong(s, "has no code");
}

static void
add_pattern(struct setting *s, struct rulebook_rule *r, char kind, char *value)
{
	struct rule_pattern *p = &r->rule.pattern[r->rule.npattern];
	char why[256];

	if (r->rule.npattern == RULE_PATTERNS) {
		setting_wrong(s, "is one text or regex too many, of 64");
		return;
	}
	p->kind = kind;
	p->text.s = value;
	p->text.len = strlen(value);
	if (p->text.len > RULE_PATTERNMAX)
		setting_wrong(s, "is longer than 512 octets");
	else if (ruleset_check(p, why, sizeof why) == -1)
		setting_wrong(s, why);
	else
		r->rule.npattern++;
}

static void
set_word(struct setting *s, const struct ruleword_list *l, uint8_t *d,
    const char *wrong)
{
	int i = ruleword_find(l, s->value, strlen(s->value));

	if (i == -1)
		setting_wrong(s, wrong);
	else
		*d = (uint8_t)i;
}

static int
scan_percent(const char *s, uint32_t *v_r)
{
	char *end;

	if (*s < '0' || *s > '9')
		return -1;
	*v_r = (uint32_t)strtoul(s, &end, 10);
	return !strcmp(end, "%") && *v_r >= 1 && *v_r <= 99 ? 0 : -1;
}

static int
scan_count(const char *s, uint32_t *v_r)
{
	char *end;

	if (*s < '0' || *s > '9')
		return -1;
	*v_r = (uint32_t)strtoul(s, &end, 10);
	return !*end && *v_r >= 1 && *v_r <= 100000 ? 0 : -1;
}

/* What has to follow the word of an action. */
static int
scan_argument(struct rulebook_rule *r, const char *s)
{
	switch (r->rule.action) {
	case RULE_ACT_SLOW:
		return s ? scan_percent(s, &r->rule.number) : -1;
	case RULE_ACT_CONNECTIONS:
	case RULE_ACT_MESSAGES:
		return s ? scan_count(s, &r->rule.number) : -1;
	case RULE_ACT_REROUTE:
		if (!s || strlen(s) > RULE_NAMEMAX)
			return -1;
		memcpy(r->route, s, strlen(s) + 1);
		r->rule.route.s = r->route;
		r->rule.route.len = strlen(s);
		return 0;
	default:
		return s ? -1 : 0;
	}
}

static void
set_action(struct setting *s, struct rulebook_rule *r)
{
	static const char wrong[] = "is not slow N%, connections N, messages "
				    "N, hold, hold-stream, skip-host, reroute "
				    "ROUTE, note or none";
	const char *word;
	size_t pos = 0;
	int i;

	word = setting_word(s, &pos);
	i = word ? ruleword_find(&ruleword_actions, word, strlen(word)) : -1;
	if (i == -1) {
		setting_wrong(s, wrong);
		return;
	}
	r->rule.action = (uint8_t)i;
	if (scan_argument(r, setting_word(s, &pos)) == -1 ||
	    setting_word(s, &pos))
		setting_wrong(s, wrong);
}

static void
set_enabled(struct setting *s, struct rulebook_rule *r)
{
	r->disabled = !strcmp(s->value, "no");
	if (!r->disabled && strcmp(s->value, "yes") != 0)
		setting_wrong(s, "is neither yes nor no");
}

static void
set_duration(struct setting *s, struct rulebook_rule *r)
{
	if (value_duration(s->value, &r->rule.duration) == -1)
		setting_wrong(s, "is not a duration from 1s to 30d");
}

static void
set_text(struct setting *s, const struct rulebook_rule *r, int key)
{
	unsigned int i, n = 0;

	for (i = 0; i < r->nline; i++)
		n += r->line[i].key == RULEBOOK_MATCH ||
		    r->line[i].key == RULEBOOK_NOMATCH;
	if (!*s->value)
		setting_wrong(s, "is empty");
	else if (key != RULEBOOK_PROVENANCE && n > RULEBOOK_SAMPLES)
		setting_wrong(s, "is one sample too many, of 64");
}

void
rulekey_set(struct setting *s, struct rulebook_rule *r, char *value)
{
	switch (rulekey_find(s->key)) {
	case RULEBOOK_PROVIDER:
		set_providers(s, r);
		break;
	case RULEBOOK_PHASE:
		set_phases(s, r);
		break;
	case RULEBOOK_CODE:
		set_codes(s, r);
		break;
	case RULEBOOK_ENHANCED:
		set_statuses(s, r);
		break;
	case RULEBOOK_TEXT:
		add_pattern(s, r, 't', value);
		break;
	case RULEBOOK_REGEX:
		add_pattern(s, r, 'r', value);
		break;
	case RULEBOOK_CLASS:
		set_word(s, &ruleword_classes, &r->rule.class,
		    "is not a class of dray-rules(5)");
		break;
	case RULEBOOK_BLAME:
		set_word(s, &ruleword_blames, &r->rule.blame,
		    "is not recipient, message, sender-domain, source, "
		    "source-at-site, site or none");
		break;
	case RULEBOOK_DISPOSITION:
		set_word(s, &ruleword_dispositions, &r->rule.disposition,
		    "is not retry, fail, default or ignore");
		break;
	case RULEBOOK_ACTION:
		set_action(s, r);
		break;
	case RULEBOOK_DURATION:
		set_duration(s, r);
		break;
	case RULEBOOK_ENABLED:
		set_enabled(s, r);
		break;
	default:
		set_text(s, r, rulekey_find(s->key));
		break;
	}
}
