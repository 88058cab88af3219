#include <errno.h>
#include <string.h>

#include "common/mimefix.h"

static int part(const struct mimefix *outer, const char **why_r,
    const struct recode_out *o, const char *s, const char *end);

static int
refuse(struct mimefix *m, const char *why)
{
	m->why = why;
	errno = EILSEQ;
	return -1;
}

void
mimefix_init(struct mimefix *m)
{
	memset(m, 0, sizeof *m);
}

void
mimefix_field(struct mimefix *m, const struct header_field *f)
{
	if (header_is(f, "Content-Type") && !m->type[0]) {
		header_token(f, m->type, sizeof m->type);
		if (!header_param(
			f, "boundary", m->boundary, sizeof m->boundary))
			m->boundary[0] = '\0';
	} else if (header_is(f, "Content-Transfer-Encoding") && !m->encoding[0])
		header_token(f, m->encoding, sizeof m->encoding);
}

static int
istype(const struct mimefix *m, const char *prefix)
{
	return !strncmp(m->type, prefix, strlen(prefix));
}

static int
isidentity(const char *encoding)
{
	return !encoding[0] || !strcmp(encoding, "7bit") ||
	    !strcmp(encoding, "8bit") || !strcmp(encoding, "binary");
}

static int
plan_leaf(struct mimefix *m)
{
	if (m->is_signed)
		return refuse(m, "it is signed (multipart/signed)");
	if (!strcmp(m->encoding, "quoted-printable"))
		m->plan = MIMEFIX_REQUOTE;
	else if (!strcmp(m->encoding, "base64"))
		m->plan = MIMEFIX_REWRAP;
	else if (!isidentity(m->encoding))
		return refuse(m, "its encoding is unknown");
	else if (istype(m, "message/"))
		m->plan = MIMEFIX_FOLD;
	else
		m->plan = MIMEFIX_QP;
	return 0;
}

int
mimefix_plan(struct mimefix *m, const char *s, size_t n)
{
	if (m->digest && !m->type[0])
		memcpy(m->type, "message/rfc822", sizeof "message/rfc822");
	m->plan = MIMEFIX_PLAIN;
	if (!recode_needed(s, n))
		return 0;
	if (istype(m, "multipart/")) {
		if (!m->boundary[0])
			return refuse(m, "its multipart has no boundary");
		m->plan = MIMEFIX_MULTI;
	} else if (!strcmp(m->type, "message/rfc822") &&
	    isidentity(m->encoding))
		m->plan = MIMEFIX_MESSAGE;
	else if (plan_leaf(m) == -1)
		return -1;
	if (m->depth > MIMEFIX_DEPTH)
		return refuse(m, "its parts are nested too deeply");
	return 0;
}

/* 0, 1 if the line at p is the delimiter, 2 if it is the last one. */
static int
delimiter(const struct mimefix *m, const char *p, const char *end)
{
	size_t n = strlen(m->boundary);
	int last = 0;

	if ((size_t)(end - p) < n + 2 || memcmp(p, "--", 2) ||
	    memcmp(p + 2, m->boundary, n))
		return 0;
	p += n + 2;
	if (end - p >= 2 && !memcmp(p, "--", 2)) {
		last = 1;
		p += 2;
	}
	while (p < end && (*p == ' ' || *p == '\t' || *p == '\r'))
		p++;
	if (p < end && *p != '\n')
		return 0;
	return 1 + last;
}

static int
put_delimiter(const struct mimefix *m, const struct recode_out *o, int last)
{
	if (o->put(o->arg, "--", 2) == -1 ||
	    o->put(o->arg, m->boundary, strlen(m->boundary)) == -1)
		return -1;
	return last ? o->put(o->arg, "--\r\n", 4) : o->put(o->arg, "\r\n", 2);
}

static int
multi(struct mimefix *m, const struct recode_out *o, const char *s,
    const char *end)
{
	const char *from = s;
	const char *p;
	int inside = 0;
	int r, what;

	for (p = s; p < end; p = header_nextline(p, end)) {
		what = delimiter(m, p, end);
		if (!what)
			continue;
		if (inside)
			r = part(m, &m->why, o, from, p);
		else
			r = recode_wrap(o, from, (size_t)(p - from));
		if (r == -1 || put_delimiter(m, o, what == 2) == -1)
			return -1;
		from = header_nextline(p, end);
		inside = 1;
		if (what == 2)
			return recode_wrap(o, from, (size_t)(end - from));
	}
	/* The end is missing: what is left belongs to the last part. */
	if (inside)
		return part(m, &m->why, o, from, end);
	return refuse(m, "its multipart has no parts");
}

/* The fields of a part up to body, without the one that recode_qp replaces. */
static int
fields(struct mimefix *m, const struct recode_out *o, const char *s,
    const char *end)
{
	struct header_field f;

	while (header_next(&s, end, &f)) {
		if (m->plan == MIMEFIX_QP &&
		    header_is(&f, "Content-Transfer-Encoding"))
			continue;
		if (recode_header(o, f.s, f.len) == -1) {
			if (errno == EMSGSIZE)
				refuse(m, "a header line cannot be folded");
			return -1;
		}
	}
	return 0;
}

/* A body part, or the message in a message/rfc822: header and body. */
static int
part(const struct mimefix *outer, const char **why_r,
    const struct recode_out *o, const char *s, const char *end)
{
	static const char qp[] =
	    "Content-Transfer-Encoding: quoted-printable\r\n";
	struct header_field f;
	struct mimefix m;
	const char *body = s;
	const char *last = s;

	mimefix_init(&m);
	m.depth = outer->depth + 1;
	m.is_signed =
	    outer->is_signed || !strcmp(outer->type, "multipart/signed");
	m.digest = !strcmp(outer->type, "multipart/digest");
	while (header_next(&body, end, &f)) {
		mimefix_field(&m, &f);
		last = body;
	}
	if (mimefix_plan(&m, body, (size_t)(end - body)) == -1 ||
	    fields(&m, o, s, end) == -1)
		goto fail;
	if (m.plan == MIMEFIX_QP && o->put(o->arg, qp, sizeof qp - 1) == -1)
		return -1;
	/* No empty line there means no body, or one that needs a border. */
	if ((body > last || body < end) && o->put(o->arg, "\r\n", 2) == -1)
		return -1;
	if (mimefix_body(&m, o, body, (size_t)(end - body)) == 0)
		return 0;
fail:
	if (m.why)
		*why_r = m.why;
	return -1;
}

int
mimefix_body(
    struct mimefix *m, const struct recode_out *o, const char *s, size_t n)
{
	switch (m->plan) {
	case MIMEFIX_QP:
		return recode_qp(o, s, n);
	case MIMEFIX_REQUOTE:
		return recode_requote(o, s, n);
	case MIMEFIX_REWRAP:
		return recode_rewrap(o, s, n);
	case MIMEFIX_MULTI:
		return multi(m, o, s, s + n);
	case MIMEFIX_MESSAGE:
		return part(m, &m->why, o, s, s + n);
	case MIMEFIX_FOLD:
		if (recode_header(o, s, n) == 0)
			return 0;
		if (errno == EMSGSIZE)
			refuse(m, "a line in a report cannot be folded");
		return -1;
	case MIMEFIX_PLAIN:
		break;
	}
	return recode_plain(o, s, n);
}
