#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cmd/dray-smtpd/head.h"
#include "common/header.h"
#include "common/mem.h"

#define OURS "X-Dray-"

/* Whether the header ends with this line, which is whole. */
static int
is_last(struct head *h, const char *s, const char *end)
{
	struct header_field f;
	int folded = h->infield && (*s == ' ' || *s == '\t');

	h->infield = folded || header_next(&s, end, &f);
	return !h->infield;
}

int
head_feed(struct head *h, const char *s, size_t n)
{
	const char *line, *end, *nl;

	if (!n)
		return 0;
	mem_check(stralloc_catb(&h->raw, s, n));
	end = h->raw.s + h->raw.len;
	for (;;) {
		line = h->raw.s + h->line;
		nl = memchr(line, '\n', (size_t)(end - line));
		if (!nl)
			return h->raw.len > HEAD_MAX ? -1 : 0;
		if (is_last(h, line, nl + 1))
			return h->line > HEAD_MAX ? -1 : 1;
		h->line = (size_t)(nl + 1 - h->raw.s);
	}
}

static int
take(struct head *h, const struct header_field *f)
{
	size_t n = sizeof OURS - 1;

	if (header_is(f, "Received"))
		h->received++;
	else if (header_is(f, "Date"))
		h->date = 1;
	else if (header_is(f, "Message-ID"))
		h->msgid = 1;
	if (h->deaf || !header_starts(f, OURS))
		return 0;
	if (settings_set(&h->settings, f->s + n, f->name_len - n, f->value,
		f->value_len) == 0 ||
	    errno != EINVAL)
		return 0;
	snprintf(h->wrong, sizeof h->wrong, "%.*s",
	    f->name_len > 60 ? 60 : (int)f->name_len, f->s);
	return -1;
}

int
head_read(struct head *h)
{
	const char *p = h->raw.len ? h->raw.s : "", *end = p + h->raw.len;
	struct header_field f;

	while (header_next(&p, end, &f))
		if (take(h, &f) == -1)
			return -1;
	return 0;
}

/* What is added goes behind the fields; an empty line, where there is none. */
void
head_write(const struct head *h, stralloc *out, const char *add, size_t n)
{
	const char *p = h->raw.s, *end, *body;
	struct header_field f;

	if (!h->raw.len) {
		mem_check(stralloc_catb(out, add, n) &&
		    stralloc_catb(out, "\r\n", 2));
		return;
	}
	end = p + h->raw.len;
	for (body = p; header_next(&p, end, &f); body = p)
		if (!header_starts(&f, OURS))
			mem_check(stralloc_catb(out, f.s, f.len));
	/* A field at the very end may lack the end of its line. */
	if (out->len && out->s[out->len - 1] != '\n')
		mem_check(stralloc_catb(out, "\r\n", 2));
	mem_check(stralloc_catb(out, add, n));
	if (p == body)
		mem_check(stralloc_catb(out, "\r\n", 2));
	mem_check(stralloc_catb(out, body, (size_t)(end - body)));
}

void
head_free(struct head *h)
{
	stralloc_free(&h->raw);
}
