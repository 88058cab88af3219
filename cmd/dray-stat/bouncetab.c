#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/dray-stat/bouncetab.h"
#include "common/json.h"
#include "common/mem.h"
#include "common/term.h"

#define WHOLE 100000 /* 100 % in thousandths */

static const struct {
	const char *head, *key, *share;
	int width;
} columns[BOUNCETAB_COUNTS] = {
	[BOUNCETAB_DELIVERED] = { "delivered", "delivered", NULL, 10 },
	[BOUNCETAB_FAILED] = { "failed", "failed", "failed_percent", 9 },
	[BOUNCETAB_RETURNED] = { "returned", "returned", "returned_percent",
	    9 },
	[BOUNCETAB_COMPLAINTS] = { "complaints", "complaints",
	    "complaints_percent", 11 },
	[BOUNCETAB_LEFT] = { "left", "unsubscribed", "unsubscribed_percent",
	    8 },
	[BOUNCETAB_SUPPRESSED] = { "suppressed", "suppressed", NULL, 11 },
	[BOUNCETAB_UNPROVEN] = { "unproven", "unproven", NULL, 9 },
};

/* Where the key is, or has to be put. */
static size_t
place(const struct bouncetab *t, const char *key, int *found_r)
{
	size_t low = 0, high = t->rows, mid;
	int c;

	*found_r = 0;
	while (low < high && !*found_r) {
		mid = low + (high - low) / 2;
		c = strcmp(key, t->row[mid]->key);
		*found_r = c == 0;
		if (c > 0)
			low = mid + 1;
		else
			high = mid;
	}
	return *found_r ? high : low;
}

static uint64_t *
counts_of(struct bouncetab *t, const char *key)
{
	size_t at, len = strlen(key);
	struct bouncetab_row *row;
	int found;

	if (len > BOUNCETAB_KEYMAX)
		return t->others;
	at = place(t, key, &found);
	if (found)
		return t->row[at]->n;
	if (t->rows == BOUNCETAB_ROWS)
		return t->others;
	row = mem_alloc(sizeof *row + len + 1);
	memcpy(row->key, key, len + 1);
	memmove(t->row + at + 1, t->row + at,
	    (t->rows - at) * sizeof(struct bouncetab_row *));
	t->row[at] = row;
	t->rows++;
	return row->n;
}

void
bouncetab_add(struct bouncetab *t, const char *key, enum bouncetab_count count)
{
	t->sum[count]++;
	if (!t->all || count != BOUNCETAB_DELIVERED)
		counts_of(t, key)[count]++;
}

static uint64_t
bad(const struct bouncetab_row *row)
{
	uint64_t n = 0;
	int i;

	for (i = BOUNCETAB_FAILED; i < BOUNCETAB_COUNTS; i++)
		n += row->n[i];
	return n;
}

static int
worse(const void *a, const void *b)
{
	const struct bouncetab_row *x = *(struct bouncetab_row *const *)a;
	const struct bouncetab_row *y = *(struct bouncetab_row *const *)b;
	uint64_t n = bad(x), m = bad(y);

	if (n == m) {
		n = x->n[BOUNCETAB_DELIVERED];
		m = y->n[BOUNCETAB_DELIVERED];
	}
	return n == m ? strcmp(x->key, y->key) : n < m ? 1 : -1;
}

static void
sort(struct bouncetab *t)
{
	if (!t->inorder && t->rows)
		qsort(t->row, t->rows, sizeof *t->row, worse);
}

static int
any(const uint64_t *n)
{
	int i;

	for (i = 0; i < BOUNCETAB_COUNTS; i++)
		if (n[i])
			return 1;
	return 0;
}

static uint64_t
delivered(const struct bouncetab *t, const uint64_t *n)
{
	return (t->all ? t->sum : n)[BOUNCETAB_DELIVERED];
}

static void
put_share(uint64_t n, uint64_t of)
{
	if (!of)
		printf("%8s", "-");
	else if (n / of >= 10)
		printf("%8s", ">999");
	else
		printf("%8.2f", 100. * (double)n / (double)of);
}

static void
put_row(const struct bouncetab *t, const uint64_t *n)
{
	int i;

	for (i = 0; i < BOUNCETAB_COUNTS; i++) {
		if (i == BOUNCETAB_DELIVERED && t->all && n != t->sum)
			printf("%*s", columns[i].width, "-");
		else
			printf("%*" PRIu64, columns[i].width, n[i]);
		if (columns[i].share)
			put_share(n[i], delivered(t, n));
	}
	fputs("  ", stdout);
}

void
bouncetab_show(struct bouncetab *t)
{
	size_t i;

	for (i = 0; i < BOUNCETAB_COUNTS; i++) {
		printf("%*s", columns[i].width, columns[i].head);
		if (columns[i].share)
			printf("%8s", "%");
	}
	printf("  %s\n", t->by);
	sort(t);
	for (i = 0; i < t->rows; i++) {
		put_row(t, t->row[i]->n);
		term_text(*t->row[i]->key ? t->row[i]->key : "(none)");
		putchar('\n');
	}
	if (any(t->others)) {
		put_row(t, t->others);
		puts("(other)");
	}
	put_row(t, t->sum);
	puts("(all)");
}

/* Three decimals are what json_ms writes of thousandths of thousandths. */
static void
put_members(
    const struct bouncetab *t, const uint64_t *n, int total, stralloc *sa)
{
	uint64_t of = delivered(t, n);
	int i;

	for (i = 0; i < BOUNCETAB_COUNTS; i++) {
		if (i == BOUNCETAB_DELIVERED && t->all && !total)
			continue;
		json_u64(sa, columns[i].key, n[i]);
		if (columns[i].share && of)
			json_ms(sa, columns[i].share,
			    (uint64_t)((double)n[i] * WHOLE / (double)of));
	}
	json_line(sa);
	(void)fwrite(sa->s, 1, sa->len, stdout);
	sa->len = 0;
}

static void
begin(const struct bouncetab *t, stralloc *sa, const char *kind)
{
	json_open(sa);
	json_text(sa, "by", t->by);
	if (kind)
		json_bool(sa, kind, 1);
}

void
bouncetab_json(struct bouncetab *t)
{
	stralloc sa = STRALLOC_ZERO;
	size_t i;

	sort(t);
	for (i = 0; i < t->rows; i++) {
		begin(t, &sa, NULL);
		json_text(&sa, "key", t->row[i]->key);
		put_members(t, t->row[i]->n, 0, &sa);
	}
	if (any(t->others)) {
		begin(t, &sa, "others");
		put_members(t, t->others, 0, &sa);
	}
	begin(t, &sa, "all");
	put_members(t, t->sum, 1, &sa);
	stralloc_free(&sa);
}

void
bouncetab_free(struct bouncetab *t)
{
	while (t->rows)
		free(t->row[--t->rows]);
}
