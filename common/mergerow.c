#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/mergerow.h"
#include "common/mergevalue.h"

static int
order(const void *a, const void *b, void *arg)
{
	struct merge_name x, y;
	size_t n;
	int r;

	merge_name(arg, (size_t) * (const int *)a, &x);
	merge_name(arg, (size_t) * (const int *)b, &y);
	n = x.len < y.len ? x.len : y.len;
	r = memcmp(x.s, y.s, n);
	return r ? r : (x.len > y.len) - (x.len < y.len);
}

void
mergerow_init(struct mergerow *r, const struct merge *m)
{
	size_t i, n = merge_names(m);

	memset(r, 0, sizeof *r);
	r->m = m;
	r->places = mem_array(n, sizeof *r->places);
	r->sorted = mem_array(n, sizeof *r->sorted);
	for (i = 0; i < n; i++)
		r->sorted[i] = (int)i;
	qsort_r(r->sorted, n, sizeof *r->sorted, order, (void *)m);
}

void
mergerow_free(struct mergerow *r)
{
	free(r->places);
	free(r->sorted);
	stralloc_free(&r->values);
	memset(r, 0, sizeof *r);
}

int
mergerow_find(const struct mergerow *r, const char *s, size_t n)
{
	size_t lo = 0, hi = merge_names(r->m), mid;
	struct merge_name name;
	int c;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		merge_name(r->m, (size_t)r->sorted[mid], &name);
		c = memcmp(s, name.s, n < name.len ? n : name.len);
		if (!c)
			c = (n > name.len) - (n < name.len);
		if (!c)
			return r->sorted[mid];
		if (c < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return -1;
}

void
mergerow_start(struct mergerow *r)
{
	memset(r->places, 0, merge_names(r->m) * sizeof *r->places);
	r->values.len = 0;
}

void
mergerow_text(struct mergerow *r, size_t i, const char *s, size_t n)
{
	/* Over the limit, whatever it is: the row will be refused. */
	if (n > MERGE_ROWMAX)
		n = MERGE_ROWMAX;
	r->places[i].at = r->values.len;
	mergevalue_put(&r->values, MERGEVALUE_TEXT, s, n);
	r->places[i].n = r->values.len - r->places[i].at;
}

void
mergerow_value(struct mergerow *r, size_t i, const char *v, size_t n)
{
	r->places[i].at = r->values.len;
	r->places[i].n = n;
	mem_check(stralloc_catb(&r->values, v, n));
}

int
mergerow_end(struct mergerow *r, stralloc *out)
{
	size_t i, last = merge_names(r->m), total = 0;

	while (last && !r->places[last - 1].n)
		last--;
	for (i = 0; i < last; i++)
		total += r->places[i].n ? r->places[i].n : 1;
	if (total > MERGE_ROWMAX) {
		errno = EMSGSIZE;
		return -1;
	}
	for (i = 0; i < last; i++) {
		if (!r->places[i].n)
			mergevalue_put(out, MERGEVALUE_NULL, NULL, 0);
		else
			mem_check(stralloc_catb(out,
			    r->values.s + r->places[i].at, r->places[i].n));
	}
	return 0;
}
