#include <string.h>
#include <strings.h>

#include "cmd/dray-bounce/reading.h"

/* "failed" and its like, and what is written in their place. */
static const struct {
	const char *word;
	uint8_t action;
} actions[] = {
	{ "failed", REPORT_FAILED },
	{ "failure", REPORT_FAILED },
	{ "hard-failure", REPORT_FAILED },
	{ "denied", REPORT_FAILED },
	{ "expired", REPORT_FAILED },
	{ "delayed", REPORT_DELAYED },
	{ "deferred", REPORT_DELAYED },
	{ "relayed", REPORT_DELIVERED },
	{ "delivered", REPORT_DELIVERED },
	{ "expanded", REPORT_DELIVERED },
	{ "deliverable", REPORT_DELIVERED },
};

/* A group of fields: one recipient. */
struct group {
	const char *final;
	const char *original;
	const char *actual;
	const char *status;
	const char *diagnostic;
	const char *remote;
	uint8_t action;
	int any; /* a field that only recipients have */
};

static void
clear(struct group *g)
{
	memset(g, 0, sizeof *g);
	g->final = g->original = g->actual = g->status = g->diagnostic =
	    g->remote = "";
}

/* "rfc822; <a@example.com>", also without its type. */
static const char *
recipient(struct reading *d, const char *v)
{
	const char *semi = strchr(v, ';'), *a;

	/* A source route is the way to it inside of a system. */
	if (semi)
		for (a = semi + 1; *a == ' ' || *a == '<';)
			a++;
	if (semi && *a == '@')
		return "";
	a = field_address(d->arena, v, strlen(v));
	if (*a)
		return a;
	v = semi ? semi + 1 : v;
	while (*v == ' ' || *v == '<')
		v++;
	return arena_word(d->arena, v, strcspn(v, "> "), REPORT_ADDRESS);
}

/* Without its type; one that is not there is not missed. */
static const char *
untyped(const char *v)
{
	const char *semi = strchr(v, ';');

	if (!semi || (size_t)(semi - v) > 24 ||
	    memchr(v, ' ', (size_t)(semi - v)))
		return v;
	for (v = semi + 1; *v == ' ';)
		v++;
	return v;
}

static uint8_t
action_of(const char *v)
{
	size_t i;

	for (i = 0; i < sizeof actions / sizeof *actions; i++)
		if (!strncasecmp(v, actions[i].word, strlen(actions[i].word)))
			return actions[i].action;
	return REPORT_NO_ACTION;
}

static void
take(struct reading *d, struct group *g, const struct header_field *f)
{
	const char *v = field_word(d->arena, f, 2 * REPORT_REASON);

	if (header_is(f, "Final-Recipient"))
		g->final = recipient(d, v);
	else if (header_is(f, "Original-Recipient"))
		g->original = recipient(d, v);
	else if (header_is(f, "X-Actual-Recipient"))
		g->actual = recipient(d, v);
	else if (header_is(f, "Action"))
		g->action = action_of(v);
	else if (header_is(f, "Status"))
		g->status = v;
	else if (header_is(f, "Diagnostic-Code") && !*g->diagnostic)
		g->diagnostic = untyped(v);
	else if (header_is(f, "Remote-MTA"))
		g->remote = untyped(v);
	else if (header_is(f, "Reporting-MTA") && !*d->mailer)
		d->mailer = untyped(v);
	else
		return;
	g->any |= !header_is(f, "Reporting-MTA") && !header_is(f, "Remote-MTA");
}

/* What the mail says failed: the last address that it had, unless that is none
 * outside of the system that says so. */
static const char *
which(const struct group *g)
{
	if (strchr(g->final, '@'))
		return g->final;
	if (strchr(g->original, '@'))
		return g->original;
	if (strchr(g->actual, '@'))
		return g->actual;
	return "";
}

static int
finish(struct reading *d, struct group *g)
{
	struct found *f;

	if (!g->any || !(*g->final || *g->original))
		return 0;
	f = reading_found(d, which(g));
	if (!f)
		return 0;
	if (!*f->original)
		f->original = g->original;
	if (*g->status)
		f->status = g->status;
	if (*g->diagnostic)
		f->diagnostic = g->diagnostic;
	if (*g->remote)
		f->remote = g->remote;
	if (g->action)
		f->action = g->action;
	f->source = REPORT_BY_REPORT;
	return 1;
}

static int
is_empty(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t' || *p == '\r'))
		p++;
	return p == end || *p == '\n';
}

/* Groups end at empty lines, and where a second recipient begins. */
static int
read_groups(struct reading *d, struct span part)
{
	const char *p = part.s, *end = part.s + part.n;
	struct header_field f;
	struct group g;
	int n = 0;

	clear(&g);
	while (p < end) {
		if (is_empty(p, end)) {
			if (*g.final || *g.original) {
				n += finish(d, &g);
				clear(&g);
			}
			p = header_nextline(p, end);
		} else if (header_next(&p, end, &f)) {
			if (header_is(&f, "Final-Recipient") && *g.final) {
				n += finish(d, &g);
				clear(&g);
			}
			take(d, &g, &f);
		} else {
			p = header_nextline(p, end);
		}
	}
	return n + finish(d, &g);
}

void
dsnread_part(struct reading *d, struct span part)
{
	if (read_groups(d, part))
		d->has_status = 1;
}

/* The same fields among words. */
int
dsnread_text(struct reading *d, struct span text)
{
	if (!span_has(text, "final-recipient:") &&
	    !span_has(text, "original-recipient:"))
		return 0;
	return read_groups(d, text);
}
