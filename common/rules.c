#include <string.h>

#include "common/ruledefault.h"
#include "common/rules.h"
#include "common/ruleset.h"

/* What a text is once it was looked at. */
struct question {
	unsigned int code;
	unsigned int class; /* 4 or 5 of code or status; 0 unknown */
	char status[RULETEXT_STATUSMAX];
	unsigned int subject, detail; /* of status */
	uint8_t phase;
	uint32_t provider; /* number + 1, 0: none that a rule names */
	size_t len;
	char text[RULETEXT_MAX];
};

static unsigned int
scan_number(const char **s)
{
	unsigned int n = 0;

	for (; **s >= '0' && **s <= '9'; (*s)++)
		n = n * 10 + (unsigned int)(**s - '0');
	return n;
}

/* From the input, or from the text where the input does not say. */
static void
find_status(struct question *q, const struct rules_input *in)
{
	const char *s = q->status;

	q->subject = q->detail = 0;
	q->status[0] = '\0';
	if (in->status && in->status_len)
		ruletext_status(in->status, in->status_len, q->status);
	if (!*s)
		ruletext_status(in->text, in->len, q->status);
	if (!*s)
		return;
	s += 2;
	q->subject = scan_number(&s);
	s++;
	q->detail = scan_number(&s);
}

static void
ask(struct question *q, const struct rules *r, const struct rules_input *in)
{
	q->code = in->code;
	q->phase = in->phase;
	q->provider = r && in->provider && in->provider_len
	    ? ruleset_provider(r, in->provider, in->provider_len)
	    : 0;
	find_status(q, in);
	q->class = q->code / 100;
	if (!q->class && *q->status)
		q->class = (unsigned int)(*q->status - '0');
	q->len = ruletext_fold(q->text, in->text, in->len, q->status);
}

static int
is_in(const struct rule_range *r, unsigned int v)
{
	return v >= r->from && v <= r->to;
}

/* A code that is not known is in a whole class of codes if its status is. */
static int
is_code(const struct ruleset_known *k, const struct question *q)
{
	unsigned int i, first = q->class * 100;

	if (!k->ncode)
		return 1;
	for (i = 0; i < k->ncode; i++) {
		if (q->code ? is_in(&k->code[i], q->code)
			    : first && k->code[i].from == first &&
			    k->code[i].to == first + 99)
			return 1;
	}
	return 0;
}

static int
is_status(const struct ruleset_known *k, const struct question *q)
{
	const struct rule_status *s;
	unsigned int i;

	if (!k->nstatus)
		return 1;
	if (!*q->status)
		return 0;
	for (i = 0; i < k->nstatus; i++) {
		s = &k->status[i];
		if ((!s->class || s->class == *q->status - '0') &&
		    is_in(&s->subject, q->subject) &&
		    is_in(&s->detail, q->detail))
			return 1;
	}
	return 0;
}

static int
is_provider(const struct ruleset_known *k, const struct question *q)
{
	unsigned int i;

	for (i = 0; i < k->nprovider; i++)
		if (k->provider[i] == q->provider)
			return 1;
	return !k->nprovider;
}

/* What comes without a phase may have come in any. */
static int
is_phase(const struct ruleset_known *k, const struct question *q)
{
	return !k->phases || !q->phase || (k->phases & q->phase);
}

/* *left: how many expressions may yet be given up. */
static int
is_text(const struct rules *r, const struct ruleset_entry *e,
    const struct question *q, int *left)
{
	int got;

	if (e->text)
		return memmem(q->text, q->len, e->text, e->len) != NULL;
	if (!e->re)
		return 1;
	if (!*left)
		return 0;
	got = pcre2_match(
	    e->re, (PCRE2_SPTR)q->text, q->len, 0, 0, r->found, r->limits);
	if (got < PCRE2_ERROR_NOMATCH)
		--*left;
	return got >= 0;
}

/* The first rule that matches, or -1; only that one where it is not -1. */
static int
find(struct rules *r, const struct question *q, int only)
{
	const struct ruleset_known *k;
	const struct ruleset_entry *e;
	int left = RULES_GIVEUP;
	uint64_t word;
	uint32_t i;

	memcpy(r->maybe, r->always, r->nword * sizeof *r->maybe);
	multifind_scan(r->literals, q->text, q->len, r->maybe);
	for (i = 0; i < r->nword; i++)
		for (word = r->maybe[i]; word; word &= word - 1) {
			e = &r->entry[i * 64 + (uint32_t)__builtin_ctzll(word)];
			k = &r->known[e->rule];
			if ((only == -1 || (uint32_t)only == e->rule) &&
			    is_code(k, q) && is_status(k, q) &&
			    is_provider(k, q) && is_phase(k, q) &&
			    is_text(r, e, q, &left))
				return (int)e->rule;
		}
	return -1;
}

static uint8_t
fate_of(uint8_t disposition, unsigned int code, const char *status)
{
	unsigned int class = code / 100;

	if (disposition == RULE_RETRY || disposition == RULE_FAIL)
		return disposition;
	if (!class && *status)
		class = (unsigned int)(*status - '0');
	return class == 4 ? RULE_RETRY : class == 5 ? RULE_FAIL : RULE_DEFAULT;
}

static void
take(struct rules_verdict *v, const struct ruleset_known *k, int i)
{
	v->class = k->class;
	v->blame = k->blame;
	v->disposition = k->disposition;
	v->action = k->action;
	v->number = k->number;
	v->duration = k->duration;
	v->index = i;
	v->rule = k->id;
}

/* What nobody has a rule for does what its code says, except where the status
 * asks for patience. */
static void
take_default(struct rules_verdict *v, const struct question *q)
{
	memset(v, 0, sizeof *v);
	v->index = -1;
	v->class = q->class == 2
	    ? RULE_DELIVERED
	    : ruledefault_find(q->code, q->status, &v->rule);
	if (q->class == 2)
		v->rule = "default:2xx";
	v->blame = ruleword_blame(v->class);
	v->disposition =
	    v->class == RULE_RATE_LIMITED ? RULE_RETRY : RULE_DEFAULT;
}

void
rules_classify(
    struct rules *r, const struct rules_input *in, struct rules_verdict *v_r)
{
	struct question q;
	int i;

	ask(&q, r, in);
	i = r && r->nentry ? find(r, &q, -1) : -1;
	if (i != -1)
		take(v_r, &r->known[i], i);
	else
		take_default(v_r, &q);
	v_r->fate = fate_of(v_r->disposition, q.code, q.status);
}

int
rules_try(struct rules *r, int i, const struct rules_input *in)
{
	struct question q;

	ask(&q, r, in);
	return find(r, &q, i) == i;
}
