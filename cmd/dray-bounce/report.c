#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <jansson.h>

#include "cmd/dray-bounce/reading.h"
#include "cmd/dray-bounce/tokenfind.h"
#include "cmd/dray-bounce/verdict.h"
#include "common/mem.h"

struct parser {
	struct report_options o;
	struct arena arena;
	struct reading d;
};

void
report_warm(void)
{
	mime_open();
	/* Its table is keyed by what it would look for in a file. */
	json_object_seed(0);
}

struct parser *
report_open(const struct report_options *o)
{
	struct parser *p = mem_alloc(sizeof *p);

	report_warm();
	if (o)
		p->o = *o;
	p->d.arena = p->d.mime.arena = &p->arena;
	return p;
}

void
report_close(struct parser *p)
{
	arena_free(&p->arena);
	free(p);
}

static void
clear(struct reading *d, struct report *r)
{
	static const struct span none = { "", 0 };

	arena_reset(d->arena);
	memset(r, 0, sizeof *r);
	r->feedback = r->source_ip = r->domain = r->auth_failure = r->reporter =
	    r->message_id = r->feedback_id = r->list_id = r->sender = "";
	d->r = r;
	d->nfound = d->nto = 0;
	d->has_status = 0;
	d->level = 0;
	d->mailer = "";
	d->text = d->rest = d->original = d->feedback = none;
}

/* That of a message which was returned goes before that of one inside it. */
static void
read_parts(struct reading *d)
{
	const struct mime_piece *p;
	struct span s;
	size_t i;
	unsigned int level;

	for (level = 0; level < 3 && !d->has_status; level++)
		for (i = 0; i < d->mime.npiece; i++) {
			p = &d->mime.piece[i];
			s.s = p->s;
			s.n = p->n;
			if (p->level != level)
				continue;
			if (p->what == MIME_STATUS)
				dsnread_part(d, s);
			else if (p->what == MIME_FEEDBACK && !*d->r->feedback)
				arfread_part(d, s);
		}
}

static int
add_failed(struct reading *d)
{
	const char *s = d->top.failed, *e, *a;
	struct found *f;

	for (; *s; s = e + (*e == ',')) {
		e = strchrnul(s, ',');
		a = field_address(d->arena, s, (size_t)(e - s));
		f = *a ? reading_found(d, a) : NULL;
		if (f)
			f->source = REPORT_BY_HEADER;
	}
	return d->nfound != 0;
}

/* Somebody has to have failed: of those that the message was for, the first. */
static void
find_somebody(struct reading *d)
{
	struct found *f;

	if (d->nfound || add_failed(d))
		return;
	while (!textscan_read(d) && textscan_deeper(d)) {
		d->nfound = 0;
		(void)dsnread_text(d, d->text);
		if (d->nfound)
			return;
	}
	if (d->nfound)
		return;
	f = reading_found(d, d->nto ? d->to[0] : "");
	f->source = d->nto ? REPORT_BY_HEADER : REPORT_BY_NONE;
}

/* A status part may have said of what only the system itself knows. */
static void
name_unnamed(struct reading *d)
{
	struct found keep, *f;
	size_t n = d->nfound;

	if (n != 1 || *d->found[0].address)
		return;
	keep = d->found[0];
	d->nfound = 0;
	find_somebody(d);
	f = &d->found[0];
	f->status = keep.status;
	f->diagnostic = keep.diagnostic;
	f->remote = keep.remote;
	f->action = keep.action;
}

static void
find_bounce(struct reading *d)
{
	if (!d->has_status)
		(void)dsnread_text(d, d->text);
	name_unnamed(d);
	find_somebody(d);
	textabout_read(d);
	d->action = verdict_action(d);
}

static uint8_t
class_of(const struct reading *d)
{
	switch (d->r->sort) {
	case REPORT_IS_FEEDBACK:
		if (!strcmp(d->r->feedback, "not-spam"))
			return REPORT_NOT_SPAM;
		if (!strcmp(d->r->feedback, "auth-failure") ||
		    !strcmp(d->r->feedback, "dmarc"))
			return REPORT_AUTH_REPORT;
		if (!strncmp(d->r->feedback, "opt-out", 7) ||
		    !strcmp(d->r->feedback, "unsubscribe"))
			return REPORT_UNSUBSCRIBE;
		return REPORT_COMPLAINT;
	case REPORT_IS_AUTOREPLY:
	case REPORT_IS_CHALLENGE:
		return REPORT_AUTO_REPLY;
	case REPORT_IS_UNSUBSCRIBE:
		return REPORT_UNSUBSCRIBE;
	case REPORT_IS_DMARC:
	case REPORT_IS_TLSRPT:
		return REPORT_AUTH_REPORT;
	default:
		return REPORT_NOT_A_BOUNCE;
	}
}

static void
find_complaint(struct reading *d)
{
	const char *a;
	struct found *f;

	if (d->nfound)
		return;
	a = returned_redacted(d);
	f = reading_found(d, a);
	f->source = *a || d->nto ? REPORT_BY_HEADER : REPORT_BY_NONE;
	/* It does not say who complains; but whom that message was for. */
	if (!*a && d->nto && strncasecmp(d->to[0], "redacted", 8) != 0)
		f->original = d->to[0];
}

static void
fill(struct parser *p, const struct found *f, const struct tokenfind *t,
    struct report_rcpt *v)
{
	struct reading *d = &p->d;

	memset(v, 0, sizeof *v);
	v->address = f->address;
	v->original = address_same(f->original, f->address) ? "" : f->original;
	v->text = v->rule = "";
	v->source = f->source;
	if (d->r->sort == REPORT_IS_BOUNCE)
		verdict_find(d, p->o.rules, f, v);
	else
		v->class = class_of(d);
	if (t->is_found) {
		size_t i;

		v->source = REPORT_BY_TOKEN;
		for (i = 0; i < d->nto && !tokenfind_is(t, v->address) &&
		     !tokenfind_is(t, v->original);
		     i++)
			if (tokenfind_is(t, d->to[i]))
				v->original = d->to[i];
	}
}

static void
find_who(struct reading *d)
{
	switch (d->r->sort) {
	case REPORT_IS_BOUNCE:
		find_bounce(d);
		break;
	case REPORT_IS_FEEDBACK:
		find_complaint(d);
		break;
	case REPORT_IS_CHALLENGE:
		if (d->nfound)
			break;
		/* FALLTHROUGH */
	case REPORT_IS_AUTOREPLY:
	case REPORT_IS_UNSUBSCRIBE:
		d->nfound = 0;
		(void)reading_found(d, d->top.from);
		if (*d->top.from)
			d->found[0].source = REPORT_BY_TEXT;
		break;
	default:
		d->nfound = 0;
		(void)reading_found(d, "");
		break;
	}
}

/* Some mail boxes put a line of theirs in front of the header. */
static struct span
past_from(const struct report_mail *m)
{
	struct span s = { m->s, m->n };
	const char *p;

	if (s.n > 5 && !memcmp(s.s, "From ", 5)) {
		p = header_nextline(s.s, s.s + s.n);
		s.n -= (size_t)(p - s.s);
		s.s = p;
	}
	return s;
}

/* All that is known before it is asked what that means. */
static void
read_message(struct reading *d, struct span s)
{
	struct report *r = d->r;
	size_t n = mime_bound(s.s, s.n);

	mime_read(&d->mime, s.s, n);
	r->cut |= d->mime.cut || n < s.n;
	topfield_read(d, s.s, n);
	d->body.s = s.s + d->top.head.n;
	d->body.n = n - d->top.head.n;
	read_parts(d);
	textscan_split(d);
	if (!d->has_status)
		sesread_text(d, d->text);
	returned_read(d);
	if (!*r->feedback && !d->has_status)
		arfread_plain(d);
	kind_find(d);
}

/* Somebody passes on, as a part, what came back to them: the message in it. */
static int
is_passed_on(struct reading *d, struct span s, struct span *in_r)
{
	const struct mime_piece *p;
	size_t i;

	if (d->r->sort != REPORT_IS_MAIL)
		return 0;
	for (i = 0; i < d->mime.npiece; i++) {
		p = &d->mime.piece[i];
		if (!p->offset || p->offset >= s.n ||
		    !textsplit_is_notice(d, p))
			continue;
		in_r->s = s.s + p->offset;
		in_r->n = s.n - p->offset;
		return 1;
	}
	return 0;
}

void
report_parse(struct parser *p, const struct report_mail *m, struct report *r)
{
	struct tokenfind t = { .keys = p->o.keys };
	struct reading *d = &p->d;
	struct span s = past_from(m), in;
	size_t i;

	clear(d, r);
	read_message(d, s);
	if (is_passed_on(d, s, &in)) {
		tokenfind(&t, d, m);
		clear(d, r);
		read_message(d, in);
	}
	find_who(d);
	if (!t.is_found)
		tokenfind(&t, d, m);
	r->has_token = t.is_found;
	r->token = t.token;
	r->forged = t.forged;
	r->reporter = d->mailer;
	r->nrcpt = d->nfound;
	r->rcpt = arena_take(d->arena, d->nfound * sizeof *r->rcpt);
	for (i = 0; i < d->nfound; i++)
		fill(p, &d->found[i], &t, &r->rcpt[i]);
}
