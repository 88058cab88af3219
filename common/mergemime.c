#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/mergemime.h"

static int read_part(
    struct mergemime *m, const char *s, const char *end, unsigned int depth);

static int
wrong(struct mergemime *m, const char *at, const char *why)
{
	m->at = at;
	m->why = why;
	errno = EINVAL;
	return -1;
}

static void
field(struct mergemime_part *p, const struct header_field *f)
{
	char word[16];

	if (header_is(f, "Content-Type") && !p->type[0]) {
		header_token(f, p->type, sizeof p->type);
		if (!header_param(f, "charset", p->charset, sizeof p->charset))
			p->charset[0] = '\0';
		if (!header_param(
			f, "boundary", p->boundary, sizeof p->boundary))
			p->boundary[0] = '\0';
	} else if (header_is(f, "Content-Transfer-Encoding"))
		header_token(f, p->encoding, sizeof p->encoding);
	else if (header_is(f, "Content-Disposition")) {
		header_token(f, word, sizeof word);
		p->isattached = !strcmp(word, "attachment");
	}
}

/* The header that s begins with; where the body is. */
static const char *
head(struct mergemime_part *p, const char *s, const char *end)
{
	struct header_field f;
	const char *body = s;

	p->head = s;
	while (header_next(&body, end, &f)) {
		field(p, &f);
		p->head_len = (size_t)(f.s + f.len - s);
	}
	return body;
}

/* 0, 1 if the line at s is the delimiter, 2 if it is the last one. */
static int
delimiter(const char *s, const char *end, const char *boundary)
{
	size_t n = strlen(boundary);
	int last = 0;

	if ((size_t)(end - s) < n + 2 || memcmp(s, "--", 2) ||
	    memcmp(s + 2, boundary, n))
		return 0;
	s += n + 2;
	if (end - s >= 2 && !memcmp(s, "--", 2)) {
		last = 1;
		s += 2;
	}
	while (s < end && (*s == ' ' || *s == '\t' || *s == '\r'))
		s++;
	return s < end && *s != '\n' ? 0 : 1 + last;
}

/* The line end in front of a delimiter is a part of it. */
static const char *
before(const char *from, const char *p)
{
	return p - from >= 2 && p[-1] == '\n' ? p - 2 : p;
}

static int
inside(struct mergemime *m, size_t at, unsigned int depth)
{
	char boundary[MERGEMIME_BOUNDARY + 1];
	const char *s = m->parts[at].body;
	const char *end = s + m->parts[at].body_len;
	const char *from = NULL;
	const char *p;
	int what = 0;

	memcpy(boundary, m->parts[at].boundary, sizeof boundary);
	for (p = s; p < end && what != 2; p = header_nextline(p, end)) {
		what = delimiter(p, end, boundary);
		if (!what)
			continue;
		if (from && read_part(m, from, before(from, p), depth) == -1)
			return -1;
		from = header_nextline(p, end);
	}
	if (!from)
		return wrong(m, s, "the multipart has no parts");
	/* The end is missing: what is left belongs to the last part. */
	return what == 2 ? 0 : read_part(m, from, end, depth);
}

static int
ismulti(const struct mergemime_part *p)
{
	return !strncmp(p->type, "multipart/", 10) &&
	    strcmp(p->type, "multipart/signed") != 0 &&
	    strcmp(p->type, "multipart/encrypted") != 0;
}

static int
read_part(
    struct mergemime *m, const char *s, const char *end, unsigned int depth)
{
	size_t at = m->nparts;
	struct mergemime_part *p;
	const char *body;

	if (at == MERGEMIME_PARTS)
		return wrong(m, s, "there are too many parts");
	m->parts = mem_grow(m->parts, at + 1, sizeof *m->parts);
	p = &m->parts[m->nparts++];
	memset(p, 0, sizeof *p);
	body = head(p, s, end);
	if (body < end && body != s && body == s + p->head_len)
		return wrong(m, body,
		    "this is no header field, nor the empty "
		    "line that ends a header");
	if (!depth && (!p->head_len || body == s))
		return wrong(m, s, "this is no header field");
	p->body = body;
	p->body_len = (size_t)(end - body);
	p->ismulti = ismulti(p);
	if (p->ismulti) {
		if (depth == MERGEMIME_DEPTH)
			return wrong(m, s, "parts are too deep in each other");
		if (!p->boundary[0])
			return wrong(m, s, "the multipart has no boundary");
		if (strstr(p->boundary, "{{"))
			return wrong(m, s, "a boundary cannot have tags");
		if (inside(m, at, depth + 1) == -1)
			return -1;
	}
	m->parts[at].next = m->nparts;
	return 0;
}

int
mergemime_read(struct mergemime *m, const char *s, size_t n)
{
	const char *end = s + n;

	memset(m, 0, sizeof *m);
	if (n > 5 && !memcmp(s, "From ", 5)) /* a mailbox's */
		s = header_nextline(s, end);
	return read_part(m, s, end, 0);
}

void
mergemime_free(struct mergemime *m)
{
	free(m->parts);
}
