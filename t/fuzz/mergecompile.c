/*
 * mergecompile - a template, a NUL octet, and a value.  What compiles opens;
 * and a message in which all names have the value has the same fields, and as
 * many boundaries, as one in which they have a plain one.
 */
#include <errno.h>
#include <string.h>

#include "common/header.h"
#include "common/merge.h"
#include "common/mergecompile.h"
#include "common/mergerow.h"
#include "common/wire.h"
#include "t/fuzz/fuzz.h"

static const struct merge_job job = { "token", 5, "a@example.com", 13, 0 };
static const char *partial_s;
static size_t partial_n;

/* A partial is the value, too. */
static int
partial(void *arg, const char *name, size_t len, stralloc *text)
{
	(void)arg;
	(void)name;
	must(len > 0);
	return stralloc_catb(text, partial_n ? partial_s : "", partial_n);
}

/* 1, or 0: these values make no message. */
static int
render(struct merge *m, const char *s, size_t n, stralloc *out)
{
	stralloc row = STRALLOC_ZERO, stuffed = STRALLOC_ZERO;
	struct mergerow r;
	struct wire w;
	size_t i;
	int rc;

	mergerow_init(&r, m);
	mergerow_start(&r);
	for (i = 0; i < merge_names(m); i++)
		mergerow_text(&r, i, s, n);
	rc = mergerow_end(&r, &row);
	if (!rc)
		rc = merge_render(m, row.s, row.len, &job, MERGE_8BIT, out);
	if (!rc) {
		wire_init(&w);
		must(wire_feed(&w, out->s, out->len, &stuffed) == 0);
	}
	mergerow_free(&r);
	stralloc_free(&row);
	stralloc_free(&stuffed);
	return !rc;
}

/* Past the fields that both begin with; their bodies. */
static void
same_fields(const char **a, const char *aend, const char **b, const char *bend)
{
	struct header_field f, g;
	int x, y;

	for (;;) {
		/* Of a multipart it depends on what is inside. */
		do
			x = header_next(a, aend, &f);
		while (x && header_is(&f, "Content-Transfer-Encoding"));
		do
			y = header_next(b, bend, &g);
		while (y && header_is(&g, "Content-Transfer-Encoding"));
		must(x == y);
		if (!x)
			break;
		must(f.name_len == g.name_len && !memcmp(f.s, g.s, f.name_len));
	}
	must((*a)[-2] == '\r' && (*b)[-2] == '\r');
}

/* Lines that can be boundaries. */
static size_t
boundaries(const char *s, const char *end)
{
	size_t n = 0;

	for (; s < end; s = header_nextline(s, end))
		n += end - s > 3 && !memcmp(s, "--=_", 4);
	return n;
}

static void
compare(struct merge *m, const char *s, size_t n)
{
	stralloc a = STRALLOC_ZERO, b = STRALLOC_ZERO;
	const char *p, *q;

	if (render(m, "a@b.example", 11, &a) && render(m, s, n, &b)) {
		p = a.s;
		q = b.s;
		same_fields(&p, a.s + a.len, &q, b.s + b.len);
		/* An empty value leaves sections out, but no parts. */
		must(boundaries(p, a.s + a.len) == boundaries(q, b.s + b.len));
	}
	stralloc_free(&a);
	stralloc_free(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const char *s = (const char *)data;
	const char *value = n ? memchr(s, '\0', n) : NULL;
	stralloc prog = STRALLOC_ZERO;
	struct mergecompile c;
	struct merge *m;
	size_t len;

	if (!value)
		return 0;
	len = (size_t)(value - s);
	value++;
	partial_s = value;
	partial_n = n - len - 1;
	mergecompile_init(&c);
	c.partial = partial;
	if (mergecompile_message(&c, s, len, &prog) == 0) {
		m = merge_open(prog.s, prog.len);
		must(m != NULL);
		compare(m, value, n - len - 1);
		merge_close(m);
	} else
		must(errno != EINVAL || c.error.why[0]);
	mergecompile_free(&c);
	stralloc_free(&prog);
	return 0;
}
