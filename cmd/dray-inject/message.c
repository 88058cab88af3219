#include <errno.h>
#include <string.h>
#include <sysexits.h>

#include "common/header.h"
#include "fields.h"
#include "message.h"
#include "say.h"

#define OURS "X-Dray-"
#define MIME (MESSAGE_MIME | MESSAGE_TYPE | MESSAGE_ENCODING)

/* clang-format off */
static const struct {
	const char *name;
	unsigned int bit;
} known[] = {
	{ "Date",			MESSAGE_DATE },
	{ "Message-ID",			MESSAGE_MSGID },
	{ "From",			MESSAGE_FROM },
	{ "Resent-Date",		MESSAGE_REDATE },
	{ "Resent-Message-ID",		MESSAGE_REMSGID },
	{ "Resent-From",		MESSAGE_REFROM },
	{ "MIME-Version",		MESSAGE_MIME },
	{ "Content-Type",		MESSAGE_TYPE },
	{ "Content-Transfer-Encoding",	MESSAGE_ENCODING },
};
/* clang-format on */

static void
ours(struct message *m, const struct header_field *f)
{
	size_t n = sizeof OURS - 1;

	if (settings_set(&m->settings, f->s + n, f->name_len - n, f->value,
		f->value_len) == 0)
		return;
	if (errno == EINVAL)
		say_die(EX_DATAERR, "%.*s: bad value",
		    f->name_len > 60 ? 60 : (int)f->name_len, f->s);
}

void
message_read(struct message *m, const char *s, size_t n)
{
	struct header_field f;
	size_t i;

	memset(m, 0, sizeof *m);
	mimefix_init(&m->fix);
	m->end = s + n;
	if (n >= 5 && !memcmp(s, "From ", 5)) {
		s = memchr(s, '\n', n);
		s = s ? s + 1 : m->end;
	}
	m->s = m->body = s;
	while (header_next(&m->body, m->end, &f)) {
		for (i = 0; i < sizeof known / sizeof known[0]; i++)
			if (header_is(&f, known[i].name))
				m->have |= known[i].bit;
		if (header_starts(&f, "Resent-"))
			m->have |= MESSAGE_RESENT;
		if (header_starts(&f, OURS))
			ours(m, &f);
		mimefix_field(&m->fix, &f);
	}
}

void
message_rcpts(const struct message *m, struct rcpts *r)
{
	static const char *const plain[] = { "To", "Cc", "Bcc" };
	static const char *const resent[] = { "Resent-To", "Resent-Cc",
		"Resent-Bcc" };
	const char *const *names = m->have & MESSAGE_RESENT ? resent : plain;
	const char *p = m->s;
	struct header_field f;
	size_t i;

	while (header_next(&p, m->end, &f))
		for (i = 0; i < 3; i++)
			if (header_is(&f, names[i]))
				rcpts_add(r, f.value, f.value_len, names[i]);
}

static void
put(const struct recode_out *o, const stralloc *sa)
{
	if (sa->len)
		o->put(o->arg, sa->s, sa->len);
}

static void
add_resent(const struct message *m, const struct message_add *a,
    const struct recode_out *o)
{
	stralloc sa = STRALLOC_ZERO;

	if (!(m->have & MESSAGE_RESENT))
		return;
	if (!(m->have & MESSAGE_REDATE))
		fields_date(&sa, "Resent-Date", a->now);
	if (!(m->have & MESSAGE_REFROM))
		fields_from(&sa, "Resent-From", a->fullname, a->from);
	if (!(m->have & MESSAGE_REMSGID))
		fields_msgid(&sa, "Resent-Message-ID", a->right);
	put(o, &sa);
	stralloc_free(&sa);
}

/* What MIME needs for a body that is 8-bit or re-encoded. */
static void
add_mime(const struct message *m, stralloc *sa)
{
	const char *charset;
	int qp = m->fix.plan == MIMEFIX_QP;
	int good = 1;

	if (!qp && (m->have & MIME))
		return;
	charset = fields_charset(m->body, (size_t)(m->end - m->body));
	if (!qp && !strcmp(charset, "us-ascii"))
		return;
	if (!(m->have & MESSAGE_MIME))
		good &= stralloc_cats(sa, "MIME-Version: 1.0\r\n");
	if (!(m->have & MESSAGE_TYPE)) {
		good &= stralloc_cats(sa, "Content-Type: text/plain; charset=");
		good &= stralloc_cats(sa, charset);
		good &= stralloc_cats(sa, "\r\n");
	}
	good &= stralloc_cats(sa, "Content-Transfer-Encoding: ");
	good &= stralloc_cats(sa, qp ? "quoted-printable\r\n" : "8bit\r\n");
	if (!good)
		say_die(EX_OSERR, "out of memory");
}

static void
add(const struct message *m, const struct message_add *a,
    const struct recode_out *o)
{
	stralloc sa = STRALLOC_ZERO;

	if (!(m->have & MESSAGE_DATE))
		fields_date(&sa, "Date", a->now);
	if (!(m->have & MESSAGE_FROM))
		fields_from(&sa, "From", a->fullname, a->from);
	if (!(m->have & MESSAGE_MSGID))
		fields_msgid(&sa, "Message-ID", a->right);
	add_mime(m, &sa);
	put(o, &sa);
	stralloc_free(&sa);
}

static int
isdropped(const struct message *m, const struct header_field *f)
{
	return header_is(f, "Bcc") || header_is(f, "Resent-Bcc") ||
	    header_is(f, "Return-Path") || header_starts(f, OURS) ||
	    (m->fix.plan == MIMEFIX_QP &&
		header_is(f, "Content-Transfer-Encoding"));
}

static void
header(const struct message *m, const struct recode_out *o)
{
	const char *p = m->s;
	struct header_field f;

	while (header_next(&p, m->end, &f)) {
		if (isdropped(m, &f))
			continue;
		if (recode_header(o, f.s, f.len) == -1)
			say_die(EX_DATAERR,
			    "%.*s: the line is over 998 octets "
			    "and has no white space to fold it at",
			    f.name_len > 60 ? 60 : (int)f.name_len, f.s);
		/* Only the last line of all can lack its end. */
		if (f.s[f.len - 1] != '\n')
			o->put(o->arg, "\r\n", 2);
	}
}

static void
refuse(const struct message *m)
{
	say_die(EX_DATAERR,
	    "a line is over 998 octets or has a bare CR, and "
	    "cannot be re-encoded: %s",
	    m->fix.why ? m->fix.why : "?");
}

void
message_write(
    struct message *m, const struct message_add *a, const struct recode_out *o)
{
	size_t n = (size_t)(m->end - m->body);

	if (mimefix_plan(&m->fix, m->body, n) == -1)
		refuse(m);
	add_resent(m, a, o);
	header(m, o);
	add(m, a, o);
	o->put(o->arg, "\r\n", 2);
	if (mimefix_body(&m->fix, o, m->body, n) == -1)
		refuse(m);
}
