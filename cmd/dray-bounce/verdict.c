#include <string.h>
#include <strings.h>

#include "cmd/dray-bounce/verdict.h"

#define TRIES 4

/* The words that may say why, the best first. */
struct words {
	unsigned int n;
	struct span s[TRIES];
};

static void
add(struct words *w, struct span s)
{
	if (s.n && w->n < TRIES)
		w->s[w->n++] = s;
}

static struct span
span_of(const char *s)
{
	struct span r = { s, strlen(s) };

	return r;
}

static int
is_zero(const char *status)
{
	return !*status || !strcmp(status + 1, ".0.0");
}

/* The server's own counts, if it has one; else the field's. */
static void
find_code(const struct found *f, const struct words *w, struct report_rcpt *v)
{
	char status[RULETEXT_STATUSMAX];
	unsigned int code, i;
	const char *s = f->status;

	for (i = 0; i < w->n; i++) {
		replycode_find(w->s[i], &code, status);
		if (!v->code)
			v->code = code;
		if (is_zero(v->status) && *status &&
		    (!*v->status || !is_zero(status)))
			memcpy(v->status, status, sizeof status);
		if (v->code && *v->status)
			break;
	}
	if (!is_zero(v->status))
		return;
	while (*s == ' ')
		s++;
	replycode_find(span_of(s), &code, status);
	if (*status)
		memcpy(v->status, status, sizeof status);
}

/* Words of a system that still tries. */
static const char *const trying[] = { "will be retried", "will keep trying",
	"will continue to try", "still trying", "will retry", "try again for",
	"continue trying", "do not need to resend", "not need to resend",
	"has been delayed", "delivery delayed", "message delayed",
	"delayed mail", "warning message only", "this is a warning",
	"not yet been delivered", "delivery attempts will continue",
	"transient non-fatal error", "will be attempted" };

static uint8_t
action_said(const struct reading *d)
{
	struct span subject = span_of(d->top.subject);
	size_t i;

	for (i = 0; i < sizeof trying / sizeof *trying; i++)
		if (span_has(d->text, trying[i]) ||
		    span_has(subject, trying[i]))
			return REPORT_DELAYED;
	return REPORT_FAILED;
}

static int
by_rule(const struct rules_verdict *v)
{
	return v->index != -1;
}

static void
classify(struct rules *rules, const struct words *w, struct report_rcpt *v)
{
	struct rules_verdict now, best;
	struct rules_input in;
	unsigned int i;

	memset(&in, 0, sizeof in);
	in.code = v->code;
	in.status = v->status;
	in.status_len = strlen(v->status);
	in.text = "";
	rules_classify(rules, &in, &best);
	for (i = 0; i < w->n; i++) {
		in.text = w->s[i].s;
		in.len = w->s[i].n;
		rules_classify(rules, &in, &now);
		if (by_rule(&now) || (i == 0 && now.class != RULE_UNKNOWN)) {
			best = now;
			if (by_rule(&now))
				break;
		}
	}
	v->class = best.class;
	v->blame = best.blame;
	v->rule = best.rule;
}

static uint8_t
hardness(const struct report_rcpt *v)
{
	if (v->action == REPORT_DELIVERED)
		return REPORT_NONE;
	if (v->action == REPORT_DELAYED || v->code / 100 == 4 ||
	    (!v->code && v->status[0] == '4'))
		return REPORT_SOFT;
	return v->class == RULE_BAD_MAILBOX || v->class == RULE_BAD_DOMAIN
	    ? REPORT_HARD
	    : REPORT_SOFT;
}

void
verdict_find(const struct reading *d, struct rules *rules,
    const struct found *f, struct report_rcpt *v)
{
	struct words w = { 0 };

	add(&w, span_of(f->diagnostic));
	add(&w, f->around);
	if (d->nfound <= 1 || !w.n) {
		add(&w, d->text);
		add(&w, span_of(d->top.subject));
	}
	find_code(f, &w, v);
	v->action = f->action ? f->action : action_said(d);
	if (v->action == REPORT_DELIVERED) {
		v->class = RULE_DELIVERED;
		v->rule = "";
	} else {
		classify(rules, &w, v);
	}
	v->text =
	    w.n ? arena_word(d->arena, w.s[0].s, w.s[0].n, REPORT_REASON) : "";
	v->hardness = hardness(v);
}
