/* smtpreply - replies whole, in pieces, odd, and wrong. */
#include <stdlib.h>

#include "common/smtpreply.h"
#include "t/lib/tap.h"

static struct smtpreply r;
static char lines[8][64]; /* text of the lines that were not the last */
static int nlines;

/* Feeds s in pieces; the result, and what was not used in *left_r. */
static enum smtpreply_result
feed(const char *s, size_t len, size_t piece, size_t *left_r)
{
	enum smtpreply_result e = SMTPREPLY_MORE;
	size_t k, n;

	smtpreply_init(&r);
	nlines = 0;
	while (len && (e == SMTPREPLY_MORE || e == SMTPREPLY_LINE)) {
		k = n = len < piece ? len : piece;
		while ((e = smtpreply_next(&r, &s, &n)) == SMTPREPLY_LINE) {
			if (nlines == 8)
				continue;
			snprintf(lines[nlines++], 64, "%.*s", r.len - r.line,
			    r.text + r.line);
		}
		len -= k - n;
	}
	*left_r = len;
	return e;
}

static const char *
text(void)
{
	static char b[SMTPREPLY_TEXTMAX + 1];

	memcpy(b, r.text, r.len);
	b[r.len] = '\0';
	return b;
}

static void
good(const char *s, int code, const char *status, const char *want)
{
	size_t piece, left;

	for (piece = 1; piece < 4; piece++)
		if (feed(s, strlen(s), piece, &left) != SMTPREPLY_DONE || left)
			break;
	is_int(piece, 4, "is a reply in any pieces");
	is_int(r.code, code, " its code");
	is_str(r.status, status, " its status");
	is_str(text(), want, " its text");
}

static void
bad(const char *s, const char *why)
{
	size_t left;
	const char *p = "250 ok\r\n";
	size_t n = strlen(p);

	is_int(feed(s, strlen(s), 1, &left), SMTPREPLY_BAD, why);
	is_int(smtpreply_next(&r, &p, &n), SMTPREPLY_BAD, " and stays bad");
}

static void
replies(void)
{
	good("250 ok\r\n", 250, "", "ok");
	good("250\r\n", 250, "", "");
	good("250 \r\n", 250, "", "");
	good("250\n", 250, "", "");
	good("250 ok\n", 250, "", "ok");
	good("550 5.1.1 no such user\r\n", 550, "5.1.1", "5.1.1 no such user");
	good("450 4.22.333\r\n", 450, "4.22.333", "4.22.333");
	good("550-5.7.1 one\r\n550-5.7.1 two\r\n550 5.7.1 three\r\n", 550,
	    "5.7.1", "5.7.1 one 5.7.1 two 5.7.1 three");
	good("250-a\r\n250-\r\n250-b\r\n250\r\n", 250, "", "a  b");
	good("251-first code\r\n250 second\r\n", 250, "", "first code second");
	good("250 a\rb\r\r\n", 250, "", "a\rb");
	good("599 x\r\n", 599, "", "x");
	good("200 x\r\n", 200, "", "x");
	good("550 5.1.1000 x\r\n", 550, "", "5.1.1000 x");
	good("550 5.1 x\r\n", 550, "", "5.1 x");
	good("550 3.1.1 x\r\n", 550, "", "3.1.1 x");
	good("550 5.1.1x\r\n", 550, "", "5.1.1x");
	good("550 5..1 x\r\n", 550, "", "5..1 x");
	good("550 5.1.\r\n", 550, "", "5.1.");
}

static void
wrong(void)
{
	bad("hello\r\n", "no code");
	bad("\r\n", "an empty line");
	bad("25\r\n", "a code of two digits");
	bad("2500 x\r\n", "of four");
	bad("250x\r\n", "no separator");
	bad("250\rx\r\n", "CR, not at the end of the line");
	bad("199 x\r\n", "a code below 200");
	bad("600 x\r\n", "a code over 599");
	bad(" 250 x\r\n", "a blank first");
	bad("250-a\r\n550 b\r\n", "codes of two kinds");
	bad("250-a\r\nb\r\n", "a line without a code inside");
	bad("250_x\r\n", "another separator");
}

static void
following(void)
{
	const char *s = "250 one\r\n550 two\r\n";
	size_t n = strlen(s);

	smtpreply_init(&r);
	is_int(smtpreply_next(&r, &s, &n), SMTPREPLY_DONE, "the first of two");
	is_int(n, 9, "leaves the second");
	smtpreply_init(&r);
	is_int(smtpreply_next(&r, &s, &n), SMTPREPLY_DONE, "which is next");
	is_int(r.code, 550, "and not mixed with the first");
	is_str(text(), "two", "nor is its text");
}

static void
each_line(void)
{
	size_t left;

	(void)feed("250-a b\r\n250-c\r\n250 d\r\n", 22, 22, &left);
	is_int(nlines, 2, "lines that are not the last");
	is_str(lines[0], "a b", "the first");
	is_str(lines[1], "c", "the second");
	is_int(r.line, 6, "where the last one begins");
}

/* n octets of c after head, then tail. */
static enum smtpreply_result
run(const char *head, size_t n, const char *tail)
{
	char *s = malloc(strlen(head) + n + strlen(tail) + 1);
	enum smtpreply_result e;
	size_t left;

	if (!s)
		abort();
	memcpy(s, head, strlen(head));
	memset(s + strlen(head), 'x', n);
	strcpy(s + strlen(head) + n, tail);
	e = feed(s, strlen(head) + n + strlen(tail), 1400, &left);
	free(s);
	return e;
}

static void
large(void)
{
	char *s;
	size_t i, left;

	is_int(run("250 5.1.1 ", 1000000, "\r\n"), SMTPREPLY_DONE,
	    "a line of a megabyte");
	is_int(r.len, SMTPREPLY_TEXTMAX, "its text is cut");
	is_int(run("250-", 1000000, "\r\n250 end\r\n"), SMTPREPLY_DONE,
	    "one that is not the last");
	is_int(r.len, SMTPREPLY_TEXTMAX, "the text of both is cut");
	is_int(run("250 ", SMTPREPLY_MAX + 9999, "\r\n"), SMTPREPLY_BAD,
	    "too much");
	is_str(r.why, "endless reply", "says why");
	s = malloc(7 * 600 + 1);
	if (!s)
		abort();
	for (i = 0; i < 600; i++)
		strcpy(s + 7 * i, "250-x\r\n");
	is_int(feed(s, 7 * 600, 11, &left), SMTPREPLY_BAD, "too many lines");
	is_str(r.why, "reply of too many lines", "says why");
	free(s);
	is_int(feed("250 a\0b\r\n", 9, 2, &left), SMTPREPLY_DONE, "a NUL");
	ok(r.len == 3 && !memcmp(r.text, "a\0b", 3), "is kept");
}

int
main(void)
{
	replies();
	wrong();
	following();
	each_line();
	large();
	return done_testing();
}
