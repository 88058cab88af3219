#include <stdlib.h>
#include <string.h>

#include "cmd/dray-policy/order.h"
#include "common/mem.h"

struct name {
	const char *s;
	size_t n;
	size_t at; /* its place among those of its text */
	size_t other; /* its place in the other text */
};

struct names {
	struct name *v;
	size_t n;
};

static int
compare(const struct name *a, const struct name *b)
{
	int r = memcmp(a->s, b->s, a->n < b->n ? a->n : b->n);

	return r ? r : a->n < b->n ? -1 : a->n > b->n;
}

static int
by_name(const void *a, const void *b)
{
	return compare(a, b);
}

static int
by_place(const void *a, const void *b)
{
	const struct name *x = a, *y = b;

	return x->at < y->at ? -1 : x->at > y->at;
}

/* The names in their order.  All facts of a name stand together. */
static struct names
names_of(const char *text, const char *section)
{
	struct names l = { NULL, 0 };
	size_t n = strlen(section);
	const char *s;
	struct name x = { .other = 0 };

	for (s = text; *s; s += strcspn(s, "\n"), s += *s != '\0') {
		if (strncmp(s, section, n) != 0 || s[n] != '/')
			continue;
		x.s = s + n + 1;
		x.n = strcspn(x.s, "/\t\n");
		if (l.n && !compare(&l.v[l.n - 1], &x))
			continue;
		if (!(l.n & (l.n - 1))) /* grows by doubling */
			l.v = mem_grow(l.v, l.n ? 2 * l.n : 1, sizeof *l.v);
		x.at = l.n;
		l.v[l.n++] = x;
	}
	return l;
}

/* Leaves what other has, too, with its places there; other is by name. */
static void
keep_common(struct names *l, const struct names *other)
{
	const struct name *found;
	size_t i, n = 0;

	for (i = 0; i < l->n; i++) {
		found = bsearch(
		    &l->v[i], other->v, other->n, sizeof *other->v, by_name);
		if (!found)
			continue;
		l->v[n] = l->v[i];
		l->v[n++].other = found->at;
	}
	l->n = n;
}

/* The longest run of names whose order is the same in both: those may stay
 * where they are.  stays[i] is set for each.  Patience sorting: top[k] is the
 * name on which a run of k + 1 ends soonest. */
static void
find_stays(const struct names *l, char *stays)
{
	size_t *top = mem_array(l->n, sizeof *top);
	size_t *before = mem_array(l->n, sizeof *before);
	size_t i, k, low, high, piles = 0;

	for (i = 0; i < l->n; i++) {
		for (low = 0, high = piles; low < high;) {
			k = low + (high - low) / 2;
			if (l->v[top[k]].other < l->v[i].other)
				low = k + 1;
			else
				high = k;
		}
		top[low] = i;
		before[i] = low ? top[low - 1] : i;
		if (low == piles)
			piles++;
	}
	for (i = piles ? top[piles - 1] : 0; piles; piles--, i = before[i])
		stays[i] = 1;
	free(top);
	free(before);
}

/* l is in order, and i one of it. */
static void
put(char sign, const char *section, const struct names *l, size_t i, FILE *out)
{
	const struct name *x = &l->v[i], *b = i ? x - 1 : NULL;

	fprintf(out, "%c%s/%.*s/behind\t%.*s\n", sign, section, (int)x->n, x->s,
	    b ? (int)b->n : 0, b ? b->s : "");
}

static size_t
place_of(const struct names *l, size_t at)
{
	size_t i;

	for (i = 0; i < l->n && l->v[i].at != at; i++)
		continue;
	return i;
}

/* Both follow the same one: the first of a row that moved as a whole says so
 * for all. */
static int
is_carried(const struct names *a, size_t i, const struct names *b, size_t k)
{
	return i && k && !compare(&a->v[i - 1], &b->v[k - 1]);
}

static size_t
put_moved(const struct names *a, const struct names *b, const char *section,
    FILE *out)
{
	char *stays = mem_alloc(a->n);
	size_t i, k, lines = 0;

	find_stays(a, stays);
	for (i = 0; i < a->n; i++) {
		if (stays[i])
			continue;
		k = place_of(b, a->v[i].other);
		if (is_carried(a, i, b, k))
			continue;
		put('-', section, a, i, out);
		put('+', section, b, k, out);
		lines += 2;
	}
	free(stays);
	return lines;
}

static void
sort(struct names *l, int (*order)(const void *, const void *))
{
	if (l->n)
		qsort(l->v, l->n, sizeof *l->v, order);
}

size_t
order_diff(const char *from, const char *to, const char *section, FILE *out)
{
	struct names a = names_of(from, section), b = names_of(to, section);
	size_t lines = 0;

	if (a.n && b.n) {
		sort(&b, by_name);
		keep_common(&a, &b);
		sort(&a, by_name);
		keep_common(&b, &a);
		sort(&a, by_place);
		sort(&b, by_place);
		lines = put_moved(&a, &b, section, out);
	}
	free(a.v);
	free(b.v);
	return lines;
}
