#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/merge.h"
#include "common/mergebody.h"
#include "common/mergefield.h"
#include "common/mergeprog.h"
#include "common/mergerun.h"

#define MULTIPARTS 64 /* of one message; more than there ever are */
#define ROOM 4096 /* octets of a message beyond those that are in all */

struct merge *
merge_open(const char *s, size_t n)
{
	struct merge *m = mem_alloc(sizeof *m);

	if (mergeprog_read(m, s, n) == 0)
		return m;
	merge_close(m);
	errno = EPROTO;
	return NULL;
}

void
merge_close(struct merge *m)
{
	if (m)
		mergeprog_free(m);
	free(m);
}

size_t
merge_names(const struct merge *m)
{
	return m->nnames;
}

void
merge_name(const struct merge *m, size_t i, struct merge_name *name_r)
{
	*name_r = m->names[i];
}

/*
 * The multiparts of a message.  If something in them is 8bit, they are
 * (RFC 2045 6.4).  Where the author wrote nothing but ASCII that turns out when
 * the text is rendered.
 */
struct multiparts {
	size_t at[MULTIPARTS]; /* the end of the header so far */
	unsigned int n;
};

static const char label[] = "Content-Transfer-Encoding: 8bit\r\n";

static void
multipart(const struct mergerun *r, unsigned int flags, stralloc *out,
    struct multiparts *mp)
{
	if (!(flags & MERGE_8BIT))
		return;
	if (r->m->is8)
		mem_check(stralloc_catb(out, label, sizeof label - 1));
	else if (mp->n < MULTIPARTS)
		mp->at[mp->n++] = out->len;
}

static void
relabel(stralloc *out, struct multiparts *mp)
{
	const size_t len = sizeof label - 1;
	size_t at;

	mem_check(stralloc_readyplus(out, mp->n * len));
	while (mp->n) {
		at = mp->at[--mp->n];
		memmove(out->s + at + len, out->s + at, out->len - at);
		memcpy(out->s + at, label, len);
		out->len += len;
	}
}

static int
item(struct mergerun *r, const struct mergeprog_item *it, unsigned int flags,
    stralloc *out, size_t max)
{
	switch (it->kind) {
	case 'R':
		if (it->n > max - out->len) {
			errno = EMSGSIZE;
			return -1;
		}
		mem_check(stralloc_catb(out, it->s, it->n));
		return 0;
	case 'T':
		return mergebody_put(r, it, flags, out, max);
	default:
		return mergefield_put(r, it, out);
	}
}

static int
render(struct mergerun *r, unsigned int flags, stralloc *out)
{
	const struct merge *m = r->m;
	struct multiparts mp = { .n = 0 };
	size_t i, from = out->len;
	int rc = 0;

	mem_check(stralloc_readyplus(out, m->fixed + ROOM));
	for (i = 0; i < m->nitems && !rc; i++) {
		if (m->items[i].kind == 'M')
			multipart(r, flags, out, &mp);
		else
			rc = item(
			    r, &m->items[i], flags, out, from + MERGE_OUTMAX);
		if (!rc && out->len - from > MERGE_OUTMAX) {
			errno = EMSGSIZE;
			rc = -1;
		}
	}
	if (rc == -1)
		out->len = from;
	else if (r->is8)
		relabel(out, &mp);
	return rc;
}

int
merge_render(struct merge *m, const char *row, size_t n,
    const struct merge_job *job, unsigned int flags, stralloc *out)
{
	struct mergerun r;

	if (mergerun_start(&r, m, row, n, job) == -1)
		return -1;
	return render(&r, flags, out);
}

/* The most that a message can come to. */
struct bound {
	size_t n;
};

#define EXPANSION 20 /* an entity for each octet, each of that three octets */

static int
bound_literal(void *arg, struct mergeprog_lit *l)
{
	((struct bound *)arg)->n += (size_t)l->n * 4 + 8;
	return 0;
}

static int
bound_value(void *arg, enum mergerun_how how, const char *s, size_t n)
{
	(void)how;
	(void)s;
	((struct bound *)arg)->n += n * EXPANSION + 3;
	return 0;
}

static int
check(struct mergerun *r, const struct mergeprog_item *it, struct bound *b)
{
	static const struct mergerun_sink sink = { bound_literal, bound_value };
	stralloc *sa = &r->m->work[2];

	switch (it->kind) {
	case 'R':
		b->n += it->n;
		return 0;
	case 'M':
		b->n += sizeof label;
		return 0;
	case 'T':
		return mergerun_text(r, it->text, &sink, b);
	default:
		sa->len = 0;
		if (mergefield_put(r, it, sa) == -1)
			return -1;
		b->n += sa->len;
		return 0;
	}
}

int
merge_check(struct merge *m, const char *row, size_t n,
    const struct merge_job *job, struct merge_fault *fault_r)
{
	struct bound b = { 0 };
	struct mergerun r;
	size_t i;
	int rc;

	fault_r->what[0] = '\0';
	if (mergerun_start(&r, m, row, n, job) == -1)
		return -1;
	r.fault = fault_r;
	for (i = 0; i < m->nitems; i++)
		if (check(&r, &m->items[i], &b) == -1)
			return -1;
	if (b.n < MERGE_OUTMAX)
		return 0;
	/* Then it has to be seen, as the longest that it can be. */
	m->work[2].len = 0;
	rc = merge_render(m, row, n, job, 0, &m->work[2]);
	stralloc_free(&m->work[2]);
	return rc;
}
