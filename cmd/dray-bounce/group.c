#include <stdlib.h>
#include <string.h>

#include <skalibs/strerr.h>

#include "cmd/dray-bounce/group.h"
#include "common/mem.h"

static void
bad(struct groups *g, size_t number, const char *why)
{
	if (g->nbad++)
		return;
	g->badline = number;
	g->why = why;
}

static void
read_line(struct groups *g, const char *s, size_t len, size_t number)
{
	struct group_line *l;
	struct notice n;

	if (notice_parse(&n, s, len) == -1) {
		bad(g, number, n.why);
		notice_free(&n);
		return;
	}
	if (g->nline == g->roomline) {
		g->roomline = g->roomline ? g->roomline * 2 : 64;
		g->line = mem_grow(g->line, g->roomline, sizeof *g->line);
	}
	l = &g->line[g->nline++];
	l->s = s;
	l->len = len;
	l->number = number;
	l->kind = n.kind;
	l->has = (char)(n.original ? 1 + n.iswhole : 0);
	memcpy(l->id, n.id, strlen(n.id) + 1);
	notice_free(&n);
}

static int
by_message(const void *a, const void *b)
{
	const struct group_line *x = a, *y = b;
	int r = strcmp(x->id, y->id);

	if (r == 0)
		r = x->kind - y->kind;
	if (r == 0)
		r = x->number < y->number ? -1 : 1;
	return r;
}

static int
goes_with(const struct groups *g, const struct group *last, size_t i)
{
	const struct group_line *a = &g->line[last->first], *b = &g->line[i];

	return last->count < GROUP_MAX && a->kind == b->kind &&
	    strcmp(a->id, b->id) == 0;
}

static void
find_groups(struct groups *g)
{
	size_t i;

	for (i = 0; i < g->nline; i++) {
		if (g->n && goes_with(g, &g->group[g->n - 1], i)) {
			g->group[g->n - 1].count++;
			continue;
		}
		if (g->n == g->room) {
			g->room = g->room ? g->room * 2 : 64;
			g->group =
			    mem_grow(g->group, g->room, sizeof *g->group);
		}
		g->group[g->n++] = (struct group){ i, 1 };
	}
}

void
group_read(struct groups *g, const char *s, size_t len)
{
	size_t number = 0;
	const char *nl;

	memset(g, 0, sizeof *g);
	if (len == 0)
		bad(g, 1, "the file is empty");
	for (; len; len -= (size_t)(nl + 1 - s), s = nl + 1) {
		nl = memchr(s, '\n', len);
		number++;
		if (!nl) {
			bad(g, number, "the last line is cut short");
			break;
		}
		read_line(g, s, (size_t)(nl - s), number);
	}
	if (g->nline)
		qsort(g->line, g->nline, sizeof *g->line, by_message);
	find_groups(g);
}

/* It was good when it was read. */
static void
parse(struct notice *n, const struct group_line *l)
{
	if (notice_parse(n, l->s, l->len) == -1)
		strerr_dief(101, "a notice has changed");
}

/* The line of the same message that has most of it. */
static const struct group_line *
find_original(const struct groups *g, size_t i)
{
	const struct group_line *best = NULL, *l;
	const char *id = g->line[i].id;

	while (i && strcmp(g->line[i - 1].id, id) == 0)
		i--;
	for (; i < g->nline && strcmp(g->line[i].id, id) == 0; i++) {
		l = &g->line[i];
		if (l->has && (!best || l->has > best->has))
			best = l;
	}
	return best;
}

void
group_load(struct groups *g, size_t i, struct dsn *d)
{
	const struct group *group = &g->group[i];
	const struct group_line *l = find_original(g, group->first);

	for (i = 0; i < group->count; i++)
		parse(&g->notice[i], &g->line[group->first + i]);
	g->nloaded = group->count;
	d->n = g->notice;
	d->count = group->count;
	d->original = NULL;
	d->original_len = 0;
	d->iswhole = 0;
	if (!l)
		return;
	parse(&g->original, l);
	d->original = g->original.original;
	d->original_len = g->original.original_len;
	d->iswhole = g->original.iswhole && d->n->kind == NOTICE_FAILED;
}

void
group_unload(struct groups *g)
{
	while (g->nloaded)
		notice_free(&g->notice[--g->nloaded]);
	if (g->original.json)
		notice_free(&g->original);
}

void
group_free(struct groups *g)
{
	group_unload(g);
	free(g->line);
	free(g->group);
	g->line = NULL;
	g->group = NULL;
}
