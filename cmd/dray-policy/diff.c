#include <stdlib.h>
#include <string.h>

#include "cmd/dray-policy/diff.h"
#include "cmd/dray-policy/order.h"
#include "common/mem.h"

/* A fact: key TAB value TAB where.  n has it without where. */
struct fact {
	const char *s;
	size_t key, n, line;
};

struct facts {
	struct fact *v;
	size_t n;
};

static int
compare(const char *a, size_t n, const char *b, size_t m)
{
	int r = memcmp(a, b, n < m ? n : m);

	return r ? r : n < m ? -1 : n > m;
}

static int
by_key(const struct fact *a, const struct fact *b)
{
	return compare(a->s, a->key, b->s, b->key);
}

static int
in_order(const void *a, const void *b)
{
	const struct fact *x = a, *y = b;
	int r = by_key(x, y);

	return r ? r : compare(x->s, x->n, y->s, y->n);
}

static struct fact
take_apart(const char *s)
{
	struct fact f;
	const char *tab;

	f.s = s;
	f.line = strcspn(s, "\n");
	f.key = strcspn(s, "\t\n");
	f.n = f.line;
	tab = f.key < f.line ? memchr(s + f.key + 1, '\t', f.line - f.key - 1)
			     : NULL;
	if (tab)
		f.n = (size_t)(tab - s);
	return f;
}

static struct facts
sorted(const char *text)
{
	struct facts f = { NULL, 0 };
	const char *s;

	for (s = text; *s; s++)
		f.n += *s == '\n';
	f.v = mem_array(f.n + 1, sizeof *f.v);
	f.n = 0;
	for (s = text; *s; s += f.v[f.n - 1].line, s += *s == '\n')
		f.v[f.n++] = take_apart(s);
	qsort(f.v, f.n, sizeof *f.v, in_order);
	return f;
}

/* Those from i on that have the key of the one at i, or none at the end. */
static size_t
group(const struct facts *f, size_t i)
{
	size_t k = i;

	while (k < f->n && by_key(&f->v[k], &f->v[i]) == 0)
		k++;
	return k - i;
}

/* Prints those of the n at a that are not among the m at b. */
static size_t
put_missing(const struct fact *a, size_t n, const struct fact *b, size_t m,
    char sign, FILE *out)
{
	size_t i, k = 0, lines = 0;
	int r;

	for (i = 0; i < n; i++) {
		r = 1;
		while (k < m && (r = in_order(&b[k], &a[i])) < 0)
			k++;
		if (k < m && r == 0) {
			k++;
			continue;
		}
		fprintf(out, "%c%.*s\n", sign, (int)a[i].line, a[i].s);
		lines++;
	}
	return lines;
}

size_t
diff_facts(const char *from, const char *to, FILE *out)
{
	struct facts a = sorted(from), b = sorted(to);
	size_t i = 0, k = 0, n, m, lines = 0;
	int r;

	while (i < a.n || k < b.n) {
		r = i == a.n ? 1 : k == b.n ? -1 : by_key(&a.v[i], &b.v[k]);
		n = r <= 0 ? group(&a, i) : 0;
		m = r >= 0 ? group(&b, k) : 0;
		lines += put_missing(a.v + i, n, b.v + k, m, '-', out);
		lines += put_missing(b.v + k, m, a.v + i, n, '+', out);
		i += n;
		k += m;
	}
	free(a.v);
	free(b.v);
	lines += order_diff(from, to, "match", out);
	return lines + order_diff(from, to, "rule", out);
}
