#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <skalibs/strerr.h>

#include "cmd/dray-policy/reply.h"
#include "common/rules.h"
#include "common/ruleset.h"

#define FIELDS 4
#define CODEMAX 8
#define STATUSMAX 32

/*
 * A line, field by field, as it comes: what a field has too much of is
 * dropped, so that the fields after it are still found.
 */
struct line {
	unsigned int field;
	size_t len[FIELDS];
	char code[CODEMAX];
	char status[STATUSMAX];
	char text[RULETEXT_MAX];
	char provider[RULE_NAMEMAX + 1];
};

static char *
room(struct line *l, size_t *n_r)
{
	switch (l->field) {
	case 0:
		*n_r = sizeof l->code;
		return l->code;
	case 1:
		*n_r = sizeof l->status;
		return l->status;
	case 2:
		*n_r = sizeof l->text;
		return l->text;
	case 3:
		*n_r = sizeof l->provider;
		return l->provider;
	default:
		*n_r = 0;
		return NULL;
	}
}

/* "-" is for what is not known. */
static size_t
known(const char *s, size_t n)
{
	return n == 1 && *s == '-' ? 0 : n;
}

static unsigned int
code(const char *s, size_t n)
{
	unsigned int v = 0;
	size_t i;

	if (n != 3)
		return 0;
	for (i = 0; i < n; i++) {
		if (s[i] < '0' || s[i] > '9')
			return 0;
		v = v * 10 + (unsigned int)(s[i] - '0');
	}
	return v;
}

static void
judge(struct rules *r, const struct line *l)
{
	struct rules_verdict v;
	struct rules_input in;

	in.phase = 0;
	in.code = code(l->code, l->len[0]);
	in.status = l->status;
	in.status_len = known(l->status, l->len[1]);
	in.text = l->text;
	in.len = l->len[2];
	in.provider = l->provider;
	in.provider_len = known(l->provider, l->len[3]);
	rules_classify(r, &in, &v);
	printf("%s\t%s\t%s\t%s\n", ruleword_name(&ruleword_classes, v.class),
	    ruleword_name(&ruleword_blames, v.blame),
	    ruleword_name(&ruleword_dispositions,
		v.disposition == RULE_IGNORE ? v.disposition : v.fate),
	    v.rule);
}

static void
next_line(struct line *l)
{
	memset(l->len, 0, sizeof l->len);
	l->field = 0;
}

/* The octets s, of which none is a line end or a tab. */
static void
add(struct line *l, const char *s, size_t n)
{
	size_t max;
	char *d = room(l, &max);

	if (!d)
		return;
	max -= l->len[l->field];
	if (n > max)
		n = max;
	memcpy(d + l->len[l->field], s, n);
	l->len[l->field] += n;
}

static void
take(struct rules *r, struct line *l, const char *s, size_t n)
{
	const char *e = s + n, *p;

	for (; s < e; s = p + 1) {
		for (p = s; p < e && *p != '\n' && *p != '\t';)
			p++;
		add(l, s, (size_t)(p - s));
		if (p == e)
			return;
		if (*p == '\t') {
			l->field++;
		} else {
			judge(r, l);
			next_line(l);
		}
	}
}

void
reply_classify(const struct reply_source *s)
{
	static struct line l;
	static char in[1 << 16];
	struct rules *r = reply_rules(s);
	ssize_t n = 0;

	next_line(&l);
	/* Whoever waits for an answer before the next question gets it. */
	while (fflush(stdout) != EOF && (n = read(0, in, sizeof in)) > 0)
		take(r, &l, in, (size_t)n);
	if (!ferror(stdout) && n == -1)
		strerr_diefusys(111, "read standard input");
	if (l.field || l.len[0])
		judge(r, &l);
	ruleset_free(r);
}
