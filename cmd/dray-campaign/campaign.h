/*
 * campaign - the parts of dray-campaign.
 *
 * options.c   what was asked for
 * interrupt.c what is said when a signal ends it
 * say.c       errors with their place; what is left of a terminal's line
 * quoted.c    what stands in the list, for people
 * template.c  the template becomes a program; heads.c the fields that are added
 * list.c      lines of the list, and which format it has
 * csv.c       lines that are fields (libcsv); ndjson.c objects (jansson)
 * columns.c   which column is the address, which the program wants
 * rows.c      an address and its row, checked
 * reject.c    what is not taken, and where it stood
 * parts.c     the rows, in files by a hash of the address; each once
 * chunks.c    what goes into which bundle
 * when.c      starts and windows
 * queue.c     to dray-queued, each chunk once
 * sample.c    a dry run: messages as they would be; lint.c looks at them
 * progress.c  how far it has come
 *
 * The list is read once, and all of it is checked before anything is queued.
 * What is kept of it is in files without a name, of which one at a time is in
 * memory: so its length does not matter.
 */
#ifndef DRAY_CAMPAIGN_H
#define DRAY_CAMPAIGN_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <skalibs/stralloc.h>

#include "common/addr.h"
#include "common/bundle.h"
#include "common/ledger.h"
#include "common/mergecompile.h"
#include "common/mergerow.h"
#include "common/policy.h"

#define LINE_MOST (1u << 20) /* octets of a line, and of a row of CSV */
#define COLUMNS_MAX 1024
#define DEFAULTS_MAX 256

enum format { FORMAT_ANY, FORMAT_CSV, FORMAT_TSV, FORMAT_NDJSON, FORMAT_PLAIN };

struct options {
	const char *base, *id, *sender;
	const char *template, *text, *html, *subject, *from, *to;
	const char *column, *rejects, *maildir;
	const char *at, *over, *window, *zone, *test;
	const char *stream, *tenant, *route;
	const char *defaults[DEFAULTS_MAX];
	unsigned int ndefaults;
	enum format format;
	uint64_t limit; /* rows; 0: all */
	uint64_t samples;
	uint32_t lifetime; /* seconds; 0 as policy says */
	int dry, lenient, quiet;
};

struct counts {
	uint64_t rows, accepted, suppressed, duplicate, malformed;
};

/* The template, compiled, and what the policy says of its sender. */
struct template
{
	stralloc program;
	struct merge *merge;
	char domain[ADDR_DOMAINMAX + 1]; /* of From */
	const char *whose; /* that of sender, by which policy goes */
	char sender[ADDR_LOCALMAX + ADDR_DOMAINMAX + 2];
	struct policy policy;
	int haspolicy, hassender;
	struct policy_sender said;
};

struct campaign {
	struct options o;
	struct template t;
	struct mergerow row;
	struct counts n;
	struct parts *parts;
};

/* options.c */
void options_read(struct options *o, int argc, char **argv);

/* say.c */
void say_at(const char *file, uint64_t line, uint64_t column,
    const char *format, ...) __attribute__((format(printf, 4, 5), noreturn));
void say_die(int code, const char *format, ...)
    __attribute__((format(printf, 2, 3), noreturn));
void say_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* interrupt.c: what is said from now on if a signal ends it; NULL nothing */
void interrupt_says(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/* quoted.c */
const char *say_quoted(const char *s, size_t n);

/* template.c */
void template_read(struct template *t, const struct options *o);
/* heads.c: fields that take the place of the template's, and those it may have */
void heads_put(const struct template *t, const struct options *o,
    stralloc *force, stralloc *fields);

/* list.c: list_read takes all of standard input, or as much as was asked for;
 * the others what they are given, in pieces of any size */
struct list {
	struct campaign *c;
	enum format format;
	uint64_t line; /* of the row that is being read */
	int begun; /* there was a line that is not empty */
	int full; /* enough rows */
	const char *name; /* for errors */
	stralloc rest; /* of a line that has not ended */
};
void list_read(struct campaign *c);
void list_start(struct list *l, struct campaign *c);
void list_feed(struct list *l, const char *s, size_t n);
void list_end(struct list *l);

/* csv.c: one list at a time */
void csv_begin(struct list *l, char delimiter);
void csv_line(struct list *l, const char *s, size_t n);
void csv_end(struct list *l);

/* ndjson.c */
void ndjson_begin(struct list *l);
void ndjson_line(struct list *l, const char *s, size_t n);

/* columns.c */
void columns_plain(struct list *l); /* instead: addresses alone */
void columns_head(
    struct list *l, const char *const *name, const size_t *len, unsigned int n);
void columns_row(struct list *l, const char *const *field, const size_t *len,
    unsigned int n);
int columns_isaddress(const struct options *o, const char *s, size_t n);

/* rows.c: begins a row with rows_start, then fills c->row */
void rows_start(struct list *l);
void rows_add(struct list *l, const char *address, size_t n);

/* reject.c */
void reject_open(const struct options *o);
void reject_add(uint64_t line, const char *why, const char *s, size_t n);
void reject_close(void);

/* parts.c */
struct record {
	uint32_t line; /* 0 is what is no more */
	const char *address;
	size_t address_len;
	const char *row;
	size_t row_len;
};
typedef int record_fn(void *arg, const struct record *r);
struct parts *parts_new(void);
void parts_add(struct parts *p, const struct record *r);
void parts_once(struct parts *p, struct counts *n);
int parts_walk(struct parts *p, record_fn *fn, void *arg);

/* chunks.c */
struct chunks {
	uint32_t n, room;
	uint32_t *rcpts; /* of each */
	unsigned char (*digest)[LEDGER_DIGEST];
	unsigned char all[LEDGER_DIGEST];
	uint64_t recipients;
};
void chunks_cut(
    struct chunks *k, struct campaign *c, uint32_t most, uint64_t octets);

/* when.c */
struct when {
	time_t at; /* 0: at once */
	uint64_t over;
	stralloc windows;
};
uint64_t when_over(const struct options *o);
void when_read(struct when *w, const struct options *o, time_t began);
void when_warn(const struct when *w, const struct options *o, time_t now);
uint64_t when_start(const struct when *w, uint32_t chunk, uint32_t chunks);

/* queue.c */
void queue_look(const struct campaign *c);
int queue_all(struct campaign *c); /* 0: it was queued before */
void queue_test(struct campaign *c);

/* sample.c */
void sample_row(struct campaign *c, const struct record *r);
int sample_end(const struct campaign *c);

/* lint.c: 1 if something is wrong */
int lint_message(
    const struct campaign *c, const char *s, size_t n, uint64_t line);

/* progress.c */
void progress_show(
    const char *what, uint64_t n, uint64_t of, const struct options *o);
void progress_end(void);

#endif
