#include <stdio.h>
#include <string.h>

#include "cmd/dray-bounce/dsn.h"
#include "cmd/dray-bounce/put.h"
#include "common/mem.h"
#include "common/recode.h"

#define MSGID_MAX 250

static stralloc human, machine, original;

const char *
dsn_to(const struct dsn *d)
{
	return d->n->isnotice ? d->node->postmaster : d->n->sender;
}

static void
put_address(stralloc *out, const char *name, const char *address)
{
	put_text(out, name);
	put_text(out, ": <");
	put_text(out, address);
	put_text(out, ">\r\n");
}

/* One Message-ID, of the plainest kind, or none: it is a stranger's. */
static int
msgid_ok(const char *s, size_t n)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "!#$%&'*+-/=?^_`{|}~.@";
	const char *at = memchr(s, '@', n);
	size_t i;

	if (n < 5 || n > MSGID_MAX || s[0] != '<' || s[n - 1] != '>' || !at ||
	    memchr(at + 1, '@', n - (size_t)(at + 1 - s)))
		return 0;
	for (i = 1; i < n - 1; i++)
		if (s[i] == '\0' || !strchr(plain, s[i]) ||
		    (s[i] == '.' && strchr("<@.", s[i - 1])))
			return 0;
	return at[-1] != '<' && at[-1] != '.' && at[1] != '>' &&
	    s[n - 2] != '.';
}

static void
put_thread(stralloc *out, const struct dsn *d)
{
	stralloc id = STRALLOC_ZERO;

	if (original_field(d, "Message-ID", &id) && msgid_ok(id.s, id.len)) {
		put_field(out, "In-Reply-To", id.s, id.len);
		put_field(out, "References", id.s, id.len);
	}
	stralloc_free(&id);
}

static void
put_header(stralloc *out, const struct dsn *d, const char *boundary)
{
	put_text(out, "From: ");
	if (*d->policy->from_name) {
		put_text(out, "\"");
		put_text(out, d->policy->from_name);
		put_text(out, "\" ");
	}
	put_text(out, "<");
	put_text(out, d->policy->from);
	put_text(out, ">\r\n");
	put_address(out, "To", dsn_to(d));
	put_text(out, "Subject: ");
	put_text(out, words_subject(d));
	put_text(out, "\r\n");
	put_date(out, "Date", d->now);
	put_text(out, "Message-ID: <");
	put_text(out, d->unique);
	put_text(out, "@");
	put_text(out, d->node->hostname);
	put_text(out, ">\r\n");
	put_thread(out, d);
	put_text(out,
	    "Auto-Submitted: auto-replied\r\n"
	    "MIME-Version: 1.0\r\n"
	    "Content-Type: multipart/report;"
	    " report-type=delivery-status;\r\n"
	    " boundary=\"");
	put_text(out, boundary);
	put_text(out, "\"\r\n\r\n");
}

static int
is_in(const stralloc *sa, const char *s)
{
	return sa->len && memmem(sa->s, sa->len, s, strlen(s)) != NULL;
}

/* Not in what it divides. */
static void
find_boundary(char *b, size_t room, const struct dsn *d)
{
	unsigned int i = 0;

	do
		snprintf(b, room, "=_%u_%.60s", i++, d->unique);
	while (is_in(&human, b) || is_in(&machine, b) || is_in(&original, b));
}

static void
put_part(stralloc *out, const char *boundary, const stralloc *part)
{
	put_text(out, "--");
	put_text(out, boundary);
	put_text(out, "\r\n");
	mem_check(stralloc_catb(out, part->s, part->len));
	put_text(out, "\r\n");
}

static int catch (void *arg, const char *s, size_t n)
{
	mem_check(stralloc_catb(arg, s, n));
	return 0;
}

/* The words, as they are where they are ASCII. */
static void
make_human(const struct dsn *d)
{
	const struct recode_out to = { catch, &human };
	stralloc words = STRALLOC_ZERO;
	int plain;

	words_put(&words, d);
	plain = put_is7bit(words.s, words.len);
	human.len = 0;
	put_text(&human, "Content-Type: text/plain; charset=");
	put_text(&human, plain ? "us-ascii" : "utf-8");
	put_text(&human, "\r\nContent-Transfer-Encoding: ");
	put_text(&human, plain ? "7bit\r\n\r\n" : "quoted-printable\r\n\r\n");
	(void)(plain ? recode_plain : recode_qp)(&to, words.s, words.len);
	stralloc_free(&words);
}

static void
make_machine(const struct dsn *d)
{
	machine.len = 0;
	put_text(&machine,
	    status_isglobal(d)
		? "Content-Type: message/global-delivery-status\r\n"
		  "Content-Transfer-Encoding: 8bit\r\n\r\n"
		: "Content-Type: message/delivery-status\r\n\r\n");
	status_put(&machine, d);
}

void
dsn_make(stralloc *out, const struct dsn *d)
{
	char boundary[71];

	make_human(d);
	make_machine(d);
	original.len = 0;
	original_put(&original, d);
	find_boundary(boundary, sizeof boundary, d);
	out->len = 0;
	put_header(out, d, boundary);
	put_text(out, "This is a delivery status notification, RFC 3464.\r\n");
	put_part(out, boundary, &human);
	put_part(out, boundary, &machine);
	put_part(out, boundary, &original);
	put_text(out, "--");
	put_text(out, boundary);
	put_text(out, "--\r\n");
}
