#include <stdio.h>
#include <string.h>

#include "cmd/dray-bounce/dsn.h"
#include "cmd/dray-bounce/put.h"
#include "common/mem.h"

#define SAID_MAX 500 /* octets of what a server said */
#define FIELD_MAX 200 /* and of a field of the message */

static const struct {
	char kind;
	const char *subject, *first;
} texts[] = {
	{ NOTICE_FAILED, "Your message could not be delivered",
	    "Your message could not be delivered to the addresses below.\r\n"
	    "They are not tried again.\r\n" },
	{ NOTICE_RELAYED, "Your message was passed on",
	    "Your message was taken by the servers of the addresses below.\r\n"
	    "They do not tell whether it reaches its readers, so this is "
	    "the\r\n"
	    "last that you hear of it, unless it fails.\r\n" },
	{ NOTICE_DELAYED, "Your message is late",
	    "Your message has not yet been delivered to the addresses "
	    "below.\r\n"
	    "You need not send it again: they go on being tried.\r\n" },
};

static const char double_subject[] = "A notice could not be delivered";
static const char double_first[] =
    "A notice of this system could not be delivered to the addresses below.\r\n"
    "It was about a message that came from there.  Nobody else is told.\r\n";

static size_t
text_of(const struct dsn *d)
{
	size_t i;

	for (i = 0; texts[i].kind != d->n->kind; i++)
		;
	return i;
}

const char *
words_subject(const struct dsn *d)
{
	return d->n->isnotice ? double_subject : texts[text_of(d)].subject;
}

/* What was answered, as people know it. */
static const char *
phase_name(char phase)
{
	static const char letters[] = "cgetmrids";
	static const char *const names[] = { "the connection", "the connection",
		"our greeting", "STARTTLS", "the sender's address",
		"this address", "the message", "the message", "RSET" };
	const char *p = phase ? strchr(letters, phase) : NULL;

	return p ? names[p - letters] : "this";
}

static void
put_said(stralloc *out, const struct notice *n)
{
	char code[16];

	if (n->code && *n->host) {
		put_text(out, "    ");
		put_utf8(out, n->host, strlen(n->host));
		put_text(out, " said to ");
		put_text(out, phase_name(n->phase));
		put_text(out, ":\r\n");
	}
	if (n->code == 0 && n->text_len == 0)
		return;
	put_text(out, "    ");
	snprintf(code, sizeof code, "%u ", n->code);
	put_text(out, n->code ? code : "");
	put_utf8(out, n->text, n->text_len > SAID_MAX ? SAID_MAX : n->text_len);
	put_text(out, n->text_len > SAID_MAX ? "...\r\n" : "\r\n");
}

static void
put_message_field(stralloc *out, const struct dsn *d, const char *name)
{
	stralloc v = STRALLOC_ZERO;

	if (original_field(d, name, &v)) {
		put_text(out, "    ");
		put_text(out, name);
		put_text(out, ": ");
		put_utf8(out, v.s, v.len > FIELD_MAX ? FIELD_MAX : v.len);
		put_text(out, "\r\n");
	}
	stralloc_free(&v);
}

static void
put_about(stralloc *out, const struct dsn *d)
{
	put_text(out, "\r\nThe message:\r\n\r\n");
	put_message_field(out, d, "From");
	put_message_field(out, d, "Subject");
	put_message_field(out, d, "Date");
	put_message_field(out, d, "Message-ID");
	put_date(out, "    Arrived here", d->n->arrival / 1000000);
	put_text(out, "    Known here as: ");
	put_text(out, d->n->id);
	put_text(out, "\r\n");
	if (d->n->kind == NOTICE_DELAYED)
		put_date(out, "    Tried until", d->n->expiry);
}

void
words_put(stralloc *out, const struct dsn *d)
{
	size_t i;

	put_text(out, "This is the mail system at ");
	put_text(out, d->node->hostname);
	put_text(out, ".\r\n\r\n");
	put_text(out, d->n->isnotice ? double_first : texts[text_of(d)].first);
	for (i = 0; i < d->count; i++) {
		put_text(out, "\r\n<");
		put_utf8(out, d->n[i].recipient, strlen(d->n[i].recipient));
		put_text(out, ">\r\n");
		put_said(out, &d->n[i]);
	}
	put_about(out, d);
}
