#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "campaign.h"
#include "common/mem.h"
#include "common/utf8.h"

#define BLOCK 65536

static const char *const formats[] = { "", "CSV", "TSV", "NDJSON",
	"addresses" };

/* Where in the line UTF-8 ends to be UTF-8. */
static size_t
first_bad(const char *s, size_t n)
{
	size_t lo = 0, hi = n, mid;

	/* What is good is a beginning; characters have four octets at most. */
	while (lo < hi) {
		mid = lo + (hi - lo + 1) / 2;
		if (utf8_ok(s, mid) || (mid > 0 && utf8_ok(s, mid - 1)) ||
		    (mid > 1 && utf8_ok(s, mid - 2)) ||
		    (mid > 2 && utf8_ok(s, mid - 3)))
			lo = mid;
		else
			hi = mid - 1;
	}
	while (lo > 0 && !utf8_ok(s, lo))
		lo--;
	return lo + 1;
}

static void
check_text(const struct list *l, const char *s, size_t n)
{
	const char *nul = memchr(s, '\0', n);

	if (!utf8_ok(s, n))
		say_at(l->name, l->line, first_bad(s, n), "not UTF-8");
	if (nul)
		say_at(l->name, l->line, (uint64_t)(nul - s) + 1,
		    "a NUL octet; is this a text file in UTF-8?");
}

static void
plain_line(struct list *l, const char *s, size_t n)
{
	while (n && strchr(" \t\r\n", s[n - 1]))
		n--;
	for (; n && strchr(" \t", *s); s++)
		n--;
	if (n == 0)
		return;
	columns_row(l, &s, &n, 1);
}

/* By the first line that is not empty. */
static char
tell_apart(struct list *l, const char *s, size_t n)
{
	struct addr a;
	size_t len = n;

	while (len && strchr(" \t\r\n", s[len - 1]))
		len--;
	if (l->format == FORMAT_ANY) {
		if (s[0] == '{')
			l->format = FORMAT_NDJSON;
		else if (memchr(s, '\t', n))
			l->format = FORMAT_TSV;
		else if (addr_split(s, len, &a) == 0)
			l->format = FORMAT_PLAIN;
		else
			l->format = FORMAT_CSV;
	}
	if (l->format == FORMAT_TSV)
		return '\t';
	return !memchr(s, ',', n) && memchr(s, ';', n) ? ';' : ',';
}

static void
begin(struct list *l, const char *s, size_t n)
{
	char delimiter = tell_apart(l, s, n);

	if (l->format == FORMAT_NDJSON)
		ndjson_begin(l);
	else if (l->format == FORMAT_PLAIN)
		columns_plain(l);
	else
		csv_begin(l, delimiter);
}

static void
take_line(struct list *l, const char *s, size_t n)
{
	l->line++;
	if (l->line == 1 && n >= 3 && memcmp(s, "\357\273\277", 3) == 0) {
		s += 3;
		n -= 3;
	}
	check_text(l, s, n);
	if (!l->begun && n == strspn(s, " \t\r\n"))
		return;
	if (!l->begun)
		begin(l, s, n);
	l->begun = 1;
	if (l->format == FORMAT_NDJSON)
		ndjson_line(l, s, n);
	else if (l->format == FORMAT_PLAIN)
		plain_line(l, s, n);
	else
		csv_line(l, s, n);
}

static void
too_long(const struct list *l)
{
	say_at(l->name, l->line + 1, 0, "a line of over %u octets", LINE_MOST);
}

/* Whole lines of what has come; what is left stays. */
static void
take_lines(struct list *l)
{
	char *s = l->rest.s, *nl, saved;
	size_t left = l->rest.len, n;

	while (!l->full && (nl = memchr(s, '\n', left))) {
		n = (size_t)(nl + 1 - s);
		if (n > LINE_MOST)
			too_long(l);
		saved = s[n];
		s[n] = '\0';
		take_line(l, s, n);
		s[n] = saved;
		s += n;
		left -= n;
	}
	if (left > LINE_MOST)
		too_long(l);
	memmove(l->rest.s, s, left);
	l->rest.len = left;
}

void
list_start(struct list *l, struct campaign *c)
{
	memset(l, 0, sizeof *l);
	l->c = c;
	l->name = "list";
	l->format = c->o.format;
}

void
list_feed(struct list *l, const char *s, size_t n)
{
	mem_check(stralloc_readyplus(&l->rest, n + 1));
	mem_check(stralloc_catb(&l->rest, s, n));
	take_lines(l);
}

void
list_end(struct list *l)
{
	if (!l->full && l->rest.len) {
		l->rest.s[l->rest.len] = '\0';
		take_line(l, l->rest.s, l->rest.len);
	}
	if (l->begun && !l->full &&
	    (l->format == FORMAT_CSV || l->format == FORMAT_TSV))
		csv_end(l);
	stralloc_free(&l->rest);
	if (l->c->n.rows == 0)
		say_at(l->name, 0, 0, "there are no recipients%s%s%s",
		    l->format ? " (read as " : "", formats[l->format],
		    l->format ? ")" : "");
}

void
list_read(struct campaign *c)
{
	static char block[BLOCK];
	struct list l;
	ssize_t n;

	list_start(&l, c);
	if (isatty(0) && !c->o.quiet)
		say_line("reading the list from the terminal, up to Ctrl-D");
	while (!l.full) {
		n = read(0, block, sizeof block);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			say_die(111, "unable to read the list: %s",
			    strerror(errno));
		if (n == 0)
			break;
		list_feed(&l, block, (size_t)n);
		progress_show("read", c->n.rows, 0, &c->o);
	}
	list_end(&l);
}
