#include <string.h>
#include <strings.h>

#include "cmd/dray-bounce/reading.h"

static const char *
lower(struct reading *d, const char *s)
{
	char *l = arena_dup(d->arena, s, strlen(s)), *p;

	for (p = l; *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p + ('a' - 'A'));
	return l;
}

static void
take(struct reading *d, const struct header_field *f)
{
	const char *v = field_word(d->arena, f, REPORT_WORD), *a;
	struct report *r = d->r;
	struct found *x;

	if (header_is(f, "Feedback-Type")) {
		r->feedback = lower(d, v);
	} else if (header_is(f, "Source-IP") && !*r->source_ip) {
		r->source_ip =
		    arena_word(d->arena, v, strcspn(v, " \t("), REPORT_WORD);
	} else if (header_is(f, "Reported-Domain") && !*r->domain) {
		r->domain = lower(d, v);
	} else if (header_is(f, "Auth-Failure") && !*r->auth_failure) {
		r->auth_failure = lower(d, v);
	} else if (header_is(f, "User-Agent") && !*d->mailer) {
		d->mailer = v;
	} else if (header_is(f, "Original-Rcpt-To")) {
		a = field_address(d->arena, v, strlen(v));
		if (*a && (x = reading_found(d, a)) != NULL)
			x->source = REPORT_BY_REPORT;
	}
}

void
arfread_part(struct reading *d, struct span part)
{
	const char *p = part.s, *end = part.s + part.n;
	struct header_field f;

	d->feedback = part;
	while (field_next(&p, end, &f))
		take(d, &f);
}

/* Reports without a part for programs: how they are known, and what they are.
 * A field of the message that came back, the beginning of the subject, or words
 * among the others. */
static const struct {
	enum { FIELD, SUBJECT, WORDS } where;
	const char *mark;
	const char *type;
	const char *ip; /* words behind which the source stands */
} plain[] = {
	{ FIELD, "X-HmXmrOriginalRecipient", "abuse",
	    "complaint about message from " },
	{ SUBJECT, "complaint about message from", "abuse",
	    "complaint about message from " },
	{ SUBJECT, "dmarc forensic report", "auth-failure",
	    "sender ip address: " },
	{ SUBJECT, "dmarc failure report", "auth-failure", "from ip " },
	{ WORDS, "has failed the published dmarc policy", "auth-failure",
	    "sender ip address: " },
	{ WORDS, "this is an email abuse report for an email message", "abuse",
	    "received from ip " },
	{ WORDS, "this is an authentication failure report for an email",
	    "auth-failure", "received from ip " },
};

static int
is_plain(const struct reading *d, size_t i)
{
	struct span subject = { d->top.subject, strlen(d->top.subject) };

	switch (plain[i].where) {
	case FIELD:
		return *field_find(d->arena, d->original, plain[i].mark, 1) !=
		    '\0';
	case SUBJECT:
		return span_has(subject, plain[i].mark);
	default:
		return span_has(d->text, plain[i].mark);
	}
}

static const char *
word_behind(struct reading *d, struct span s, const char *mark)
{
	size_t n = strlen(mark), i;

	for (i = 0; i + n < s.n; i++)
		if (!strncasecmp(s.s + i, mark, n))
			return arena_word(d->arena, s.s + i + n,
			    strcspn(s.s + i + n, " ,;\r\n\t"), REPORT_WORD);
	return "";
}

void
arfread_plain(struct reading *d)
{
	struct span subject = { d->top.subject, strlen(d->top.subject) };
	struct report *r = d->r;
	size_t i;

	for (i = 0; i < sizeof plain / sizeof *plain; i++)
		if (is_plain(d, i))
			break;
	if (i == sizeof plain / sizeof *plain)
		return;
	r->feedback = plain[i].type;
	r->source_ip = word_behind(d, subject, plain[i].ip);
	if (!*r->source_ip)
		r->source_ip = word_behind(d, d->text, plain[i].ip);
}
