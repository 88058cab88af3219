#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/chars.h"
#include "common/mem.h"
#include "common/merge.h"
#include "common/mergecode.h"
#include "common/mergecompile.h"
#include "common/mergework.h"

void
mergecompile_init(struct mergecompile *c)
{
	memset(c, 0, sizeof *c);
	c->code = mergecode_new();
}

void
mergecompile_free(struct mergecompile *c)
{
	mergecode_free(c->code);
	c->code = NULL;
}

int
mergecompile_default(struct mergecompile *c, const char *name, size_t len,
    const char *value, size_t n)
{
	if (!len || len > MERGE_NAMEMAX || n > MERGE_ROWMAX ||
	    memchr(name, '.', len) || !chars_clean(name, len)) {
		errno = EINVAL;
		return -1;
	}
	return mergecode_default(c->code, name, len, value, n);
}

/* Whether a header has a field of the same name. */
static int
has(const char *head, size_t n, const struct header_field *f)
{
	const char *p = head;
	struct header_field g;

	while (n && header_next(&p, head + n, &g))
		if (g.name_len == f->name_len &&
		    !strncasecmp(g.s, f->s, f->name_len))
			return 1;
	return 0;
}

/* All fields of the message but those that say what its body is. */
static int
fields(struct mergework *w)
{
	const struct mergecompile *c = w->c;
	const struct mergemime_part *top = w->mime.parts;
	const struct {
		const char *s;
		size_t n;
		const char *against; /* those that have one of its name lose */
		size_t against_len;
	} from[] = {
		{ top->head, top->head_len, c->force, c->force_len },
		{ c->force, c->force_len, NULL, 0 },
		{ c->fields, c->fields_len, top->head, top->head_len },
	};
	struct header_field f;
	const char *p;
	size_t i;

	for (i = 0; i < sizeof from / sizeof from[0]; i++) {
		p = from[i].s;
		while (from[i].n && header_next(&p, from[i].s + from[i].n, &f))
			if (!header_starts(&f, "Content-") &&
			    !header_is(&f, "MIME-Version") &&
			    !has(from[i].against, from[i].against_len, &f) &&
			    mergework_field(w, &f, 1) == -1)
				return -1;
	}
	mem_check(stralloc_cats(&w->raw, "MIME-Version: 1.0\r\n"));
	return 0;
}

/* Whoever renders it has limits of his own. */
static int
proven(struct mergework *w, const stralloc *out, size_t from)
{
	struct merge *m = merge_open(out->s + from, out->len - from);

	merge_close(m);
	return m ? 0
		 : mergework_wrong(w, NULL,
		       "over 8 MB of text with tags, 262144 tags, or 32768 "
		       "fields");
}

static int
work(struct mergework *w, stralloc *out)
{
	size_t from = out->len;

	if (mergemime_read(&w->mime, w->s, w->n) == -1)
		return mergework_wrong(w, w->mime.at, w->mime.why);
	if (fields(w) == -1 || mergework_parts(w) == -1)
		return -1;
	mergework_flush(w);
	if (mergecode_end(w->c->code, out) == -1)
		return -1;
	if (proven(w, out, from) == 0)
		return 0;
	out->len = from;
	errno = EINVAL;
	return -1;
}

static void
work_free(struct mergework *w)
{
	size_t i;

	for (i = 0; w->plans && i < w->mime.nparts; i++)
		stralloc_free(&w->plans[i].text);
	free(w->plans);
	mergemime_free(&w->mime);
	mustache_free(&w->x);
	stralloc_free(&w->raw);
}

int
mergecompile_message(
    struct mergecompile *c, const char *s, size_t n, stralloc *out)
{
	stralloc text = STRALLOC_ZERO;
	struct mergework w;
	int rc;

	memset(&w, 0, sizeof w);
	w.c = c;
	if (n > MERGE_PROGRAMMAX) {
		errno = EMSGSIZE;
		return -1;
	}
	mustache_lines(&text, s, n);
	w.s = text.len ? text.s : "";
	w.n = text.len;
	mustache_init(&w.x, c->code);
	w.x.partial = c->partial;
	w.x.arg = c->arg;
	if (memchr(w.s, '\0', w.n))
		rc = mergework_wrong(&w, memchr(w.s, '\0', w.n), "a NUL octet");
	else
		rc = work(&w, out);
	work_free(&w);
	stralloc_free(&text);
	return rc;
}

void
mergecompile_error(
    const struct mergecompile *c, const char *file, stralloc *out)
{
	const struct mergecompile_error *e = &c->error;
	char place[64] = "";

	if (e->line && e->column)
		(void)snprintf(
		    place, sizeof place, "%zu:%zu: ", e->line, e->column);
	else if (e->line)
		(void)snprintf(place, sizeof place, "%zu: ", e->line);
	mem_check(stralloc_cats(out, file));
	mem_check(stralloc_cats(out, e->part[0] ? ": " : ":"));
	mem_check(stralloc_cats(out, e->part));
	mem_check(stralloc_cats(out, e->part[0] ? ":" : ""));
	mem_check(stralloc_cats(out, place[0] ? place : " "));
	mem_check(stralloc_cats(out, e->why));
}
