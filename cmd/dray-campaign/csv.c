#include <csv.h>
#include <string.h>

#include "campaign.h"
#include "common/mem.h"

/*
 * libcsv does not say where it is.  It is given the list line by line, so that
 * whatever it finds is in that line; a row may have more than one.
 */
static struct {
	struct csv_parser p;
	struct list *l;
	stralloc text; /* the fields of the row, one behind the other */
	size_t at[COLUMNS_MAX], len[COLUMNS_MAX];
	unsigned int n; /* of them */
	uint64_t from; /* the row's first line */
	uint64_t now; /* the line that is being looked at */
	size_t octets; /* of the row so far */
	int head; /* the names of the columns have come */
	int inrow;
} csv;

static void
field(void *s, size_t n, void *arg)
{
	(void)arg;
	csv.inrow = 1;
	if (csv.n == COLUMNS_MAX)
		say_at(csv.l->name, csv.from, 0, "more than %d columns",
		    COLUMNS_MAX);
	csv.at[csv.n] = csv.text.len;
	csv.len[csv.n++] = n;
	mem_check(stralloc_catb(&csv.text, s, n));
}

static void
row(int end, void *arg)
{
	const char *s[COLUMNS_MAX];
	unsigned int i;

	(void)end;
	(void)arg;
	for (i = 0; i < csv.n; i++)
		s[i] = csv.text.s + csv.at[i];
	csv.l->line = csv.from;
	if (!csv.head)
		columns_head(csv.l, s, csv.len, csv.n);
	else if (!csv.l->full)
		columns_row(csv.l, s, csv.len, csv.n);
	csv.head = 1;
	csv.l->line = csv.now;
	csv.text.len = 0;
	csv.n = 0;
	csv.inrow = 0;
	csv.octets = 0;
}

void
csv_begin(struct list *l, char delimiter)
{
	csv_free(&csv.p);
	stralloc_free(&csv.text);
	memset(&csv, 0, sizeof csv);
	csv.l = l;
	if (csv_init(&csv.p, CSV_STRICT | CSV_STRICT_FINI) != 0)
		say_die(111, "no memory for CSV");
	csv_set_delim(&csv.p, (unsigned char)delimiter);
	csv_set_blk_size(&csv.p, 4096);
}

static void
wrong(uint64_t column)
{
	if (csv_error(&csv.p) != CSV_EPARSE)
		say_die(111, "no memory for CSV");
	say_at(csv.l->name, csv.now, column,
	    "a quote where none may be (RFC 4180): a field with quotes in it "
	    "is quoted, and each quote in it is doubled");
}

/* Between two rows the parser has nothing: then this line begins one. */
void
csv_line(struct list *l, const char *s, size_t n)
{
	size_t took;

	csv.now = l->line;
	if (csv.octets == 0)
		csv.from = l->line;
	csv.octets += n;
	if (csv.octets > LINE_MOST)
		say_at(l->name, csv.from, 0,
		    "a row of over %u octets; a quote that does not end?",
		    LINE_MOST);
	took = csv_parse(&csv.p, s, n, field, row, NULL);
	if (took != n)
		wrong(took + 1);
	if (csv.n == 0 && !csv.p.quoted)
		csv.octets = 0;
}

void
csv_end(struct list *l)
{
	csv.now = l->line;
	if (csv_fini(&csv.p, field, row, NULL) != 0)
		say_at(l->name, csv.from, 0,
		    "a quote that does not end before the list does");
	csv_free(&csv.p);
	stralloc_free(&csv.text);
}
