#include <string.h>
#include <strings.h>

#include "cmd/dray-bounce/reading.h"
#include "common/addrlist.h"

/* Where systems that redact the rest leave the recipient. */
static const char *const left_there[] = { "X-HmXmrOriginalRecipient",
	"X-Rcpt-To", "X-Envelope-To" };

static int
add_to(void *arg, const char *s, size_t n)
{
	struct reading *d = arg;

	if (d->nto < READING_TOS && memchr(s, '@', n))
		d->to[d->nto++] = arena_word(d->arena, s, n, REPORT_ADDRESS);
	return 0;
}

static void
take_to(struct reading *d, const struct header_field *f)
{
	const char *a;

	if (addrlist_parse(f->value, f->value_len, "", add_to, d) == 0 ||
	    d->nto)
		return;
	a = field_address(d->arena, f->value, f->value_len);
	if (*a)
		(void)add_to(d, a, strlen(a));
}

static const char *
message_id(struct reading *d, const struct header_field *f)
{
	const char *v = field_word(d->arena, f, REPORT_WORD);
	char *id = arena_dup(d->arena, v, strlen(v)), *p = id;

	/* Folding may have left blanks inside. */
	for (v += *v == '<'; *v && *v != '>'; v++)
		if (*v != ' ')
			*p++ = *v;
	*p = '\0';
	return id;
}

static void
take(struct reading *d, const struct header_field *f)
{
	struct report *r = d->r;

	if (header_is(f, "To"))
		take_to(d, f);
	else if (header_is(f, "Message-ID") && !*r->message_id)
		r->message_id = message_id(d, f);
	else if (header_is(f, "From") && !*r->sender)
		r->sender = field_address(d->arena, f->value, f->value_len);
	else if (header_is(f, "Feedback-ID") && !*r->feedback_id)
		r->feedback_id = field_word(d->arena, f, REPORT_WORD);
	else if (header_is(f, "List-Id") && !*r->list_id)
		r->list_id = field_word(d->arena, f, REPORT_WORD);
}

static void
find_head(struct reading *d)
{
	const struct mime_piece *p;
	size_t i;

	d->original = d->rest;
	for (i = 0; i < d->mime.npiece; i++) {
		p = &d->mime.piece[i];
		if (p->what == MIME_HEADER && p->n) {
			d->original.s = p->s;
			d->original.n = p->n;
			return;
		}
	}
}

void
returned_read(struct reading *d)
{
	const char *p, *end;
	struct header_field f;
	unsigned int i;

	find_head(d);
	p = d->original.s;
	end = p + d->original.n;
	for (i = 0; i < MIME_FIELDS && field_next(&p, end, &f); i++)
		take(d, &f);
}

const char *
returned_redacted(const struct reading *d)
{
	const char *v;
	size_t i;

	for (i = 0; i < sizeof left_there / sizeof *left_there; i++) {
		v = field_find(
		    d->arena, d->original, left_there[i], REPORT_WORD);
		v = field_address(d->arena, v, strlen(v));
		if (*v)
			return v;
	}
	return "";
}
