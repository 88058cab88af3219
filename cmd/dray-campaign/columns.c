#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "campaign.h"
#include "common/mem.h"
#include "common/term.h"

#define NAMES_TOLD 300 /* octets */

static struct {
	unsigned int n;
	unsigned int address;
	int *name; /* of each column: its number in the program, or -1 */
	int *needed; /* the template cannot do without it */
} columns;

int
columns_isaddress(const struct options *o, const char *s, size_t n)
{
	static const char *const known[] = { "email", "e-mail", "address",
		"mail", "email_address", "email-address", "email address",
		"recipient", "to" };
	size_t i;

	if (o->column)
		return strlen(o->column) == n && memcmp(o->column, s, n) == 0;
	for (i = 0; i < sizeof known / sizeof *known; i++)
		if (strlen(known[i]) == n && strncasecmp(known[i], s, n) == 0)
			return 1;
	return 0;
}

static void
find_address(const struct list *l, const char *const *name, const size_t *len,
    unsigned int n)
{
	struct addr a;
	unsigned int i;

	for (i = 0; i < n; i++)
		if (addr_split(name[i], len[i], &a) == 0)
			say_at(l->name, l->line, 0,
			    "no names of columns: %s is an address",
			    say_quoted(name[i], len[i]));
	for (i = 0; i < n; i++) {
		if (columns_isaddress(&l->c->o, name[i], len[i])) {
			columns.address = i;
			return;
		}
	}
	if (n == 1 && !l->c->o.column) {
		columns.address = 0;
		return;
	}
	say_at(l->name, l->line, 0,
	    l->c->o.column ? "there is no column %s"
			   : "no column is called email or address; say which "
			     "it is with --column%.0s",
	    l->c->o.column ? l->c->o.column : "");
}

static void
look_twice(const struct list *l, const char *const *name, const size_t *len,
    unsigned int n)
{
	unsigned int i, j;

	for (i = 0; i < n; i++)
		for (j = 0; j < i; j++)
			if (len[i] && len[i] == len[j] &&
			    memcmp(name[i], name[j], len[i]) == 0)
				say_at(l->name, l->line, i + 1,
				    "two columns are called %s",
				    say_quoted(name[i], len[i]));
}

/* What there is, for who looks for another. */
static const char *
all_names(const char *const *name, const size_t *len, unsigned int n)
{
	static stralloc sa;
	unsigned int i;

	sa.len = 0;
	for (i = 0; i < n && sa.len < NAMES_TOLD; i++) {
		mem_check(stralloc_cats(&sa, i ? ", " : ""));
		term_cat(&sa, name[i], len[i] < 64 ? len[i] : 64);
	}
	mem_check(stralloc_cats(&sa, i < n ? ", ..." : ""));
	mem_check(stralloc_0(&sa));
	return sa.s;
}

/* A name that the template cannot do without, and no column has. */
static void
look_missing(const struct list *l, const char *const *column, const size_t *len)
{
	struct merge *m = l->c->t.merge;
	struct merge_name name;
	size_t i, k, all = merge_names(m);

	for (i = 0; i < all; i++) {
		merge_name(m, i, &name);
		for (k = 0; k < columns.n && columns.name[k] != (int)i; k++)
			;
		if (k == columns.n && !name.dflt && !l->c->o.lenient &&
		    name.uses & MERGE_VALUE)
			say_at(l->name, l->line, 0,
			    "no column is called %s, which the template has; "
			    "there is %s",
			    say_quoted(name.s, name.len),
			    all_names(column, len, columns.n));
	}
}

/* Without a default: an empty field is one that is missing. */
static int
is_needed(const struct list *l, int i)
{
	struct merge_name name;

	if (i == -1 || l->c->o.lenient)
		return 0;
	merge_name(l->c->t.merge, (size_t)i, &name);
	return name.uses & MERGE_VALUE && !name.dflt;
}

static void
set_names(
    struct list *l, const char *const *name, const size_t *len, unsigned int n)
{
	unsigned int i;

	free(columns.name);
	free(columns.needed);
	columns.n = n;
	columns.name = mem_array(n + 1, sizeof *columns.name);
	columns.needed = mem_array(n + 1, sizeof *columns.needed);
	for (i = 0; i < n; i++) {
		columns.name[i] = mergerow_find(&l->c->row, name[i], len[i]);
		columns.needed[i] = is_needed(l, columns.name[i]);
	}
	look_missing(l, name, len);
}

void
columns_head(
    struct list *l, const char *const *name, const size_t *len, unsigned int n)
{
	look_twice(l, name, len, n);
	find_address(l, name, len, n);
	set_names(l, name, len, n);
}

/* They are a column of their own. */
void
columns_plain(struct list *l)
{
	static const char *const name = "email";
	size_t len = strlen(name);

	columns.address = 0;
	set_names(l, &name, &len, 1);
}

static void
missing(const struct list *l, unsigned int i)
{
	struct merge_name name;

	merge_name(l->c->t.merge, (size_t)columns.name[i], &name);
	say_at(l->name, l->line, i + 1,
	    "column %u, %s, is empty; give it a --default, or --lenient", i + 1,
	    say_quoted(name.s, name.len));
}

void
columns_row(
    struct list *l, const char *const *field, const size_t *len, unsigned int n)
{
	unsigned int i;

	if (n == 1 && len[0] == 0)
		return; /* an empty line */
	if (n != columns.n)
		say_at(l->name, l->line, 0, "%u column%s, and not %u", n,
		    n == 1 ? "" : "s", columns.n);
	rows_start(l);
	for (i = 0; i < n; i++)
		if (!len[i] && columns.needed[i])
			missing(l, i);
	for (i = 0; i < n; i++)
		if (columns.name[i] != -1)
			mergerow_text(&l->c->row, (size_t)columns.name[i],
			    field[i], len[i]);
	rows_add(l, field[columns.address], len[columns.address]);
}
