#include <string.h>
#include <strings.h>

#include "cmd/dray-bounce/reading.h"

/* Fields that only programs write into answers; with a value that means it
 * where others stand there, too. */
static const struct {
	const char *name;
	const char *begin; /* of the value, "" any */
} automatic[] = {
	{ "Auto-Submitted", "auto-" },
	{ "X-Autoreply", "" },
	{ "X-Autoreply-From", "" },
	{ "X-Autorespond", "" },
	{ "X-Autoresponder", "" },
	{ "X-Auto-Reply", "" },
	{ "X-Auto-Responder", "" },
	{ "X-Mail-Autoreply", "" },
	{ "X-Vacation", "" },
	{ "Precedence", "auto_reply" },
	{ "Precedence", "auto-reply" },
	{ "X-Precedence", "auto_reply" },
	{ "X-POST-MessageClass", "9; autoresponder" },
	{ "X-Mailer", "vacation" },
};

/* Local parts of mail systems. */
static const char *const daemons[] = { "mailer-daemon", "mailerdaemon",
	"postmaster", "mail-daemon", "maildaemon", "mailer_daemon", "daemon",
	"mail-delivery-subsystem", "post_master", "microsoftexchange",
	"bounce-notification", "mdaemon", "mail_delivery", "no-reply-bounce",
	"root" };

/* Names of mail systems, within those of senders. */
static const char *const names[] = { "mail delivery", "mailer-daemon",
	"mailer daemon", "delivery subsystem", "mail system", "postmaster",
	"system administrator", "mail administrator", "delivery system",
	"email delivery", "internet mail delivery", "systemadministrator",
	"mail deliver", "delivery status", "delivery notification",
	"mail router", "mailsystem" };

static int
starts(const char *s, const char *prefix)
{
	return !strncasecmp(s, prefix, strlen(prefix));
}

static void
look_automatic(struct top *t, const struct header_field *f, const char *value)
{
	size_t i;

	for (i = 0; i < sizeof automatic / sizeof *automatic; i++)
		if (header_is(f, automatic[i].name) &&
		    starts(value, automatic[i].begin) && *value)
			t->automatic = 1;
}

static int
is_daemon(const char *value, const char *address)
{
	struct span s = { value, strlen(value) };
	size_t i;

	for (i = 0; i < sizeof daemons / sizeof *daemons; i++)
		if (starts(address, daemons[i]) || starts(value, daemons[i]))
			return 1;
	for (i = 0; i < sizeof names / sizeof *names; i++)
		if (span_has(s, names[i]))
			return 1;
	return 0;
}

static void
take_from(struct reading *d, const char *value)
{
	struct top *t = &d->top;

	t->from = field_address(d->arena, value, strlen(value));
	t->daemon = is_daemon(field_decoded(d->arena, value), t->from);
}

static void
take(struct reading *d, const struct header_field *f)
{
	struct top *t = &d->top;
	const char *v = field_word(d->arena, f, 2000);

	look_automatic(t, f, v);
	if (header_is(f, "Subject") && !*t->subject)
		t->subject = field_decoded(d->arena, v);
	else if (header_is(f, "From") && !*t->from && !t->daemon)
		take_from(d, v);
	else if (header_is(f, "To") && !*t->to)
		t->to = field_address(d->arena, v, strlen(v));
	else if (header_is(f, "Return-Path") && !*t->return_path)
		t->return_path =
		    strcmp(v, "<>") ? field_address(d->arena, v, strlen(v)) : v;
	else if (header_is(f, "Auto-Submitted"))
		t->auto_submitted = v;
	else if (header_is(f, "X-Failed-Recipients") && !*t->failed)
		t->failed = v;
}

void
topfield_read(struct reading *d, const char *s, size_t n)
{
	const char *p = s, *end = s + n;
	struct top *t = &d->top;
	struct header_field f;
	unsigned int i;

	memset(t, 0, sizeof *t);
	t->subject = t->from = t->to = t->return_path = t->auto_submitted =
	    t->failed = "";
	for (i = 0; i < MIME_FIELDS && header_next(&p, end, &f); i++)
		take(d, &f);
	t->head.s = s;
	t->head.n = (size_t)(p - s);
}
