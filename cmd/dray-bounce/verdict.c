#include <string.h>
#include <strings.h>

#include "cmd/dray-bounce/verdict.h"

#define TRIES 12

/* Words that may say why, the best first. */
struct words {
	unsigned int n;
	unsigned int replies; /* so many of them are what a server said */
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
take_code(struct report_rcpt *v, const struct replycode *c)
{
	if (!v->code)
		v->code = c->code;
	if (*c->status &&
	    (!*v->status || (is_zero(v->status) && !is_zero(c->status))))
		memcpy(v->status, c->status, sizeof v->status);
}

static void
take_field(struct report_rcpt *v, const struct found *f)
{
	struct replycode c;

	if (!is_zero(v->status))
		return;
	(void)replycode_find(span_of(f->status), &c);
	if (*c.status)
		memcpy(v->status, c.status, sizeof v->status);
}

/* What sendmail makes of the exit code of a program, whatever that said. */
static int
says_nothing(struct span s)
{
	return (s.n < 40 && span_has(s, "service unavailable")) ||
	    (s.n < 200 && span_has(s, ">... service unavailable"));
}

/* Up to the first empty line behind the first words. */
static struct span
paragraph(struct span t)
{
	const char *e = t.s + t.n, *p = t.s, *q;

	while (p < e &&
	    (*p == ' ' || *p == '\n' || *p == '\t' || *p == '>' || *p == ':'))
		p++;
	q = memmem(p, (size_t)(e - p), "\n\n", 2);
	t.s = p;
	t.n = (size_t)((q ? q : e) - p);
	return t;
}

/* A paragraph behind such words, which those write who let their users say why
 * (RFC 5429 2.2). */
static struct span
behind(struct span t, const char *mark)
{
	const char *p = memmem(t.s, t.n, mark, strlen(mark));
	struct span s = { "", 0 };

	if (!p)
		return s;
	s.s = p + strlen(mark);
	s.n = (size_t)(t.s + t.n - s.s);
	return paragraph(s);
}

/* What servers said goes before what is said about it. */
static void
find_words(const struct reading *d, const struct found *f, struct words *w,
    struct report_rcpt *v)
{
	struct span from[3] = { span_of(f->diagnostic), f->around, { "", 0 } };
	struct replycode c[3];
	unsigned int i;
	const char *subject;
	int order[3] = { 0, 1, 2 };

	if (d->nfound <= 1)
		from[2] = d->text;
	for (i = 0; i < 3; i++)
		(void)replycode_find(from[i], &c[i]);
	if (c[2].quoted && !c[1].quoted) {
		order[1] = 2;
		order[2] = 1;
	}
	add(w, behind(d->text, "was automatically rejected:"));
	for (i = 0; i < 3; i++) {
		if (!says_nothing(c[order[i]].words))
			add(w, c[order[i]].words);
		if (i < 2 || !v->code)
			take_code(v, &c[order[i]]);
	}
	take_field(v, f);
	w->replies = w->n;
	for (i = 0; i < 3; i++) {
		add(w, paragraph(from[i]));
		add(w, from[i]);
	}
	/* "Returned mail: User unknown" */
	subject = strchr(d->top.subject, ':');
	if (subject && d->nfound <= 1)
		add(w, span_of(subject + 1));
}

/* Words of a system that still tries. */
static const char *const trying[] = { "will be retried", "will keep trying",
	"will continue to try", "still trying", "will retry", "try again for",
	"do not need to resend", "not need to resend", "has been delayed",
	"temporary failure report", "re-tried", "kept in the queue",
	"will continue trying", "continue to be attempted", "delivery delayed",
	"message delayed", "delayed mail", "warning message only",
	"this is a warning", "not yet been delivered",
	"delivery attempts will continue", "transient non-fatal error",
	"will be attempted" };

/* And of one that has told somebody what he wanted to know. */
static const char *const done[] = { "successfully delivered to",
	"successful delivery notification", "expect no further notification",
	"relayed to non-dsn", "notification (success)",
	"was successfully delivered", "has been successfully delivered",
	"delivery report that you requested", "was relayed to the",
	"has been delivered to the following", "successfully relayed" };

uint8_t
verdict_action(const struct reading *d)
{
	struct span subject = span_of(d->top.subject);
	size_t i;

	for (i = 0; i < sizeof done / sizeof *done; i++)
		if (span_has(d->text, done[i]) || span_has(subject, done[i]))
			return REPORT_DELIVERED;
	for (i = 0; i < sizeof trying / sizeof *trying; i++)
		if (span_has(d->text, trying[i]) ||
		    span_has(subject, trying[i]))
			return REPORT_DELAYED;
	return REPORT_FAILED;
}

/* Of a status that says more than "other", nothing has to be guessed. */
static int
says_enough(const char *status)
{
	size_t n = strlen(status);

	return n >= 5 && strcmp(status + n - 2, ".0");
}

/* Words about a failure have "error" and "failed" in them whatever it was. */
static int
is_vague(const struct rules_verdict *v)
{
	return !strncmp(v->rule, "words-", 6);
}

static void
classify(struct rules *rules, const struct words *w, char phase,
    struct report_rcpt *v)
{
	struct rules_verdict now, best;
	struct rules_input in;
	unsigned int i;

	memset(&in, 0, sizeof in);
	in.code = v->code;
	in.phase = ruleword_phase(phase);
	in.status = v->status;
	in.status_len = strlen(v->status);
	in.text = "";
	rules_classify(rules, &in, &best);
	for (i = 0; i < w->n; i++) {
		in.text = w->s[i].s;
		in.len = w->s[i].n;
		/* The code is not of these words: rules that need one would
		 * be made for something else. */
		if (i >= w->replies && w->replies)
			in.code = 0, in.status_len = 0;
		rules_classify(rules, &in, &now);
		if (now.index == -1)
			;
		else if (i >= w->replies && is_vague(&now)) {
			if (best.index == -1 && best.class == RULE_UNKNOWN)
				best = now;
		} else {
			best = now;
			break;
		}
		if (i + 1 == w->replies && best.class != RULE_UNKNOWN &&
		    says_enough(v->status))
			break;
	}
	v->class = best.class;
	v->blame = best.blame;
	v->rule = best.rule;
}

/* Who refuses MAIL knows nothing of a recipient, and who does not even say
 * hello means us. */
static void
mend_phase(struct report_rcpt *v, char phase)
{
	int class = -1;

	if (phase == 'm' &&
	    (v->class == RULE_BAD_MAILBOX || v->class == RULE_BAD_DOMAIN))
		class = RULE_SENDER_REJECTED;
	if ((phase == 'c' || phase == 'e') && v->code / 100 == 5 &&
	    (v->class == RULE_BAD_MAILBOX || v->class == RULE_POLICY))
		class = RULE_IP_BLOCKLIST;
	if (class == -1)
		return;
	v->class = (uint8_t) class;
	v->blame = ruleword_blame(v->class);
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
	char phase;

	find_words(d, f, &w, v);
	phase = replycode_phase(span_of(f->diagnostic));
	if (!phase)
		phase = replycode_phase(f->around);
	if (!phase && d->nfound <= 1)
		phase = replycode_phase(d->text);
	v->action = f->action ? f->action : d->action;
	if (v->action == REPORT_DELIVERED) {
		v->class = RULE_DELIVERED;
		v->rule = "";
	} else {
		classify(rules, &w, phase, v);
		mend_phase(v, phase);
	}
	v->text =
	    w.n ? arena_word(d->arena, w.s[0].s, w.s[0].n, REPORT_REASON) : "";
	v->hardness = hardness(v);
}
