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
		r->source_ip = v;
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
