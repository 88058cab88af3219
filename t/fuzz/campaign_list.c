/*
 * campaign_list - a list of recipients, CSV, TSV, NDJSON or bare addresses.  The
 * first octet says which it is said to be, and what else was asked for; the rest
 * is the list.  What is accepted is an address and a row of which a message can
 * be made, and it is the same however the list came in pieces.
 */
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cmd/dray-campaign/campaign.h"
#include "t/fuzz/harmless.h"

#define LENIENT 8 /* of the first octet, whose lowest bits are the format */
#define COLUMN 16
#define LIMIT 32
#define OUTMAX (1u << 20) /* of a program's text: these are made once more */

static const char template[] = "From: a@brand.example\nSubject: {{name}}\n"
			       "To: {{name}} <{{email}}>\n\n"
			       "{{{html}}}{{#list}}{{.}},{{a.b}}{{/list}}"
			       "{{^list}}{{code}}{{/list}}\n";

/* What came of a list. */
struct outcome {
	crypto_generichash_state records;
	uint64_t rows;
	char said[512];
};

static struct merge *programs[2]; /* one that needs a name, one that does not */
static struct outcome *now;
static jmp_buf ended;

static void
add(const void *s, size_t n)
{
	crypto_generichash_update(&now->records, s, n);
}

/* As say.c, but that it ends a list and no program. */
void
say_at(
    const char *file, uint64_t line, uint64_t column, const char *format, ...)
{
	va_list ap;
	int n;

	n = snprintf(now->said, sizeof now->said, "%s:%llu:%llu: ", file,
	    (unsigned long long)line, (unsigned long long)column);
	va_start(ap, format);
	vsnprintf(now->said + n, sizeof now->said - (size_t)n, format, ap);
	va_end(ap);
	harmless_chars(now->said, strlen(now->said));
	longjmp(ended, 1);
}

void
say_die(int code, const char *format, ...)
{
	(void)code;
	(void)format;
	abort();
}

void
say_line(const char *format, ...)
{
	(void)format;
}

void
progress_show(
    const char *what, uint64_t n, uint64_t of, const struct options *o)
{
	(void)what;
	(void)n;
	(void)of;
	(void)o;
}

void
reject_add(uint64_t line, const char *why, const char *s, size_t n)
{
	add(&line, sizeof line);
	add(why, strlen(why));
	add(s, n);
}

void
sample_row(struct campaign *c, const struct record *r)
{
	(void)c;
	(void)r;
	abort(); /* nobody asked for it */
}

/* It stands before that of parts.c: a row that is accepted. */
void
parts_add(struct parts *p, const struct record *r)
{
	struct merge_job job = { "token", 5, r->address, r->address_len, 1 };
	struct campaign *c = (struct campaign *)(void *)p;
	stralloc out = STRALLOC_ZERO;
	struct addr a;

	must(r->address_len <= ADDR_MAX && r->row_len <= BUNDLE_ROWMAX);
	must(addr_split(r->address, r->address_len, &a) == 0);
	must(r->line > 0);
	must(merge_render(c->t.merge, r->row, r->row_len, &job, 0, &out) == 0);
	must(out.len < OUTMAX);
	stralloc_free(&out);
	add(&r->line, sizeof r->line);
	add(r->address, r->address_len);
	add(r->row, r->row_len);
}

static void
begin(void)
{
	static stralloc text[2];
	struct mergecompile k;
	int i;

	must(sodium_init() != -1);
	for (i = 0; i < 2; i++) {
		mergecompile_init(&k);
		must(i ||
		    (mergecompile_default(&k, "name", 4, "you", 3) == 0 &&
			mergecompile_default(&k, "html", 4, "", 0) == 0 &&
			mergecompile_default(&k, "email", 5, "", 0) == 0));
		must(mergecompile_message(
			 &k, template, sizeof template - 1, &text[i]) == 0);
		mergecompile_free(&k);
		programs[i] = merge_open(text[i].s, text[i].len);
		must(programs[i] != NULL);
	}
}

static void
feed(struct list *l, const char *s, size_t n, size_t piece)
{
	for (; n && !l->full; s += piece, n -= piece) {
		piece = piece < n ? piece : n;
		list_feed(l, s, piece);
	}
	list_end(l);
}

static void
run(struct outcome *o, int how, const char *s, size_t n, size_t piece)
{
	static struct campaign c;
	static struct list l;

	memset(&c, 0, sizeof c);
	c.o.format = (enum format)(how % 8 % (FORMAT_PLAIN + 1));
	c.o.lenient = (how & LENIENT) != 0;
	c.o.column = how & COLUMN ? "name" : NULL;
	c.o.limit = how & LIMIT ? 2 : 0;
	c.t.merge = programs[c.o.format == FORMAT_PLAIN ? 0 : how >> 7 & 1];
	c.parts = (struct parts *)(void *)&c; /* parts_add above */
	now = o;
	memset(o, 0, sizeof *o);
	crypto_generichash_init(&o->records, NULL, 0, 32);
	mergerow_init(&c.row, c.t.merge);
	list_start(&l, &c);
	if (setjmp(ended) == 0)
		feed(&l, s, n, piece);
	stralloc_free(&l.rest);
	mergerow_free(&c.row);
	must(c.n.accepted + c.n.malformed <= c.n.rows);
	must(*o->said || c.n.accepted + c.n.malformed == c.n.rows);
	must(!c.o.limit || c.n.accepted <= c.o.limit);
	o->rows = c.n.rows;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct outcome whole, pieces;
	unsigned char a[32], b[32];

	if (!programs[0])
		begin();
	if (n == 0)
		return 0;
	run(&whole, data[0], (const char *)data + 1, n - 1, n);
	run(&pieces, data[0], (const char *)data + 1, n - 1, 1 + n % 7);
	crypto_generichash_final(&whole.records, a, sizeof a);
	crypto_generichash_final(&pieces.records, b, sizeof b);
	must(!memcmp(a, b, sizeof a) && whole.rows == pieces.rows);
	must(!strcmp(whole.said, pieces.said));
	return 0;
}
