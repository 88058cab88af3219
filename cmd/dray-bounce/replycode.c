#include <string.h>

#include "cmd/dray-bounce/verdict.h"

static int
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int
is_word(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') ||
	    (c >= 'A' && c <= 'Z') || c == '.' || c == '_' || c == '@';
}

/* "5.1.1" at p: its length, or 0. */
static size_t
status_len(const char *p, const char *e)
{
	const char *q = p;
	int part, i;

	if (e - p < 5 || (*p != '2' && *p != '4' && *p != '5'))
		return 0;
	q++;
	for (part = 0; part < 2; part++) {
		if (q == e || *q++ != '.')
			return 0;
		for (i = 0; i < 3 && q < e && is_digit(*q); i++)
			q++;
		if (!i)
			return 0;
	}
	if (q < e &&
	    (is_digit(*q) || (*q == '.' && q + 1 < e && is_digit(q[1]))))
		return 0;
	return (size_t)(q - p);
}

static const char *
skip_marks(const char *p, const char *e)
{
	while (p < e && strchr(" -'\"(<#[:=", *p) && *p)
		p++;
	return p;
}

/* "<<< " at the beginning of the line that p is in, or in "<<< No such user". */
static int
is_quoted(const char *s, const char *p)
{
	return p - s >= 4 && !memcmp(p - 4, "<<< ", 4);
}

/* How sure a number is the code of a reply: 4 it is in the transcript of a
 * session, 3 its enhanced status follows, 2 a colon or the like stands before
 * it, or nothing, 1 a word does, 0 it is none. */
static int
code_sure(const char *s, const char *p, const char *e)
{
	const char *q = p + 3;
	size_t n;

	if (e - p < 3 || p[1] < '0' || p[1] > '7' || !is_digit(p[2]))
		return 0;
	if (q < e && (is_word(*q) || *q == '/') && *q != '.')
		return 0;
	if (p > s && (is_word(p[-1]) || strchr("-/+%$", p[-1])))
		return 0;
	if (is_quoted(s, p))
		return 4;
	q = skip_marks(q, e);
	n = status_len(q, e);
	if (n && *q == *p)
		return 3;
	while (p > s && (p[-1] == ' ' || p[-1] == '\t'))
		p--;
	if (p == s || strchr("\n:<>'\"([;#=", p[-1]))
		return 2;
	return 1;
}

static void
take_status(char *d, const char *p, size_t n)
{
	if (n >= RULETEXT_STATUSMAX)
		n = 0;
	memcpy(d, p, n);
	d[n] = '\0';
}

/* The first one anywhere, but for zeros, which say nothing. */
static void
any_status(struct span s, char *d)
{
	const char *p, *e = s.s + s.n;
	size_t n;

	for (p = s.s; p < e; p++) {
		if ((*p != '4' && *p != '5') || (p > s.s && is_word(p[-1])) ||
		    (p > s.s && p[-1] == '-'))
			continue;
		n = status_len(p, e);
		if (n && (p + n == e || (!is_word(p[n]) || p[n] == '.'))) {
			take_status(d, p, n);
			return;
		}
	}
}

/* Where the words of a reply end. */
static const char *const after[] = { "\n\n", "\n \n", "(in reply to", "\n>>>",
	"\n...", "\n--", "\n  --" };

#define REPLYMAX 1000 /* octets of it */

/* In a transcript it ends with its line, unless the next is of it, too. */
static size_t
quoted_len(struct span w)
{
	const char *p = w.s, *e = w.s + w.n;

	while ((p = memchr(p, '\n', (size_t)(e - p))) != NULL) {
		p++;
		if (e - p < 4 || memcmp(p, "<<< ", 4) != 0)
			return (size_t)(p - w.s);
	}
	return w.n;
}

static struct span
reply_words(const char *p, const char *e, int quoted)
{
	struct span w = { p, (size_t)(e - p) };
	const char *q;
	size_t i;

	if (w.n > REPLYMAX)
		w.n = REPLYMAX;
	for (i = 0; i < sizeof after / sizeof *after; i++) {
		q = memmem(w.s, w.n, after[i], strlen(after[i]));
		if (q)
			w.n = (size_t)(q - w.s);
	}
	if (quoted)
		w.n = quoted_len(w);
	return w;
}

/* In a transcript what failed for good goes before what did not, but for the
 * commands that come after it. */
static int
is_worse(const char *p, const char *best)
{
	return *p == '5' && *best == '4' && memcmp(p, "503", 3) != 0;
}

/* The surest code, and of those that are as sure the first. */
static const char *
find_code(struct span s, int *sure_r)
{
	const char *p, *e = s.s + s.n, *best = NULL;
	int sure;

	*sure_r = 1;
	for (p = s.s; p < e; p++) {
		if (*p != '4' && *p != '5')
			continue;
		sure = code_sure(s.s, p, e);
		if (sure > *sure_r ||
		    (best && sure == 4 && *sure_r == 4 && is_worse(p, best))) {
			*sure_r = sure;
			best = p;
		}
	}
	return best;
}

int
replycode_find(struct span s, struct replycode *c)
{
	const char *p, *q, *e = s.s + s.n;
	int sure;
	size_t n;

	memset(c, 0, sizeof *c);
	c->words.s = "";
	p = find_code(s, &sure);
	c->quoted = sure == 4;
	if (p) {
		c->code = (unsigned int)((p[0] - '0') * 100 +
		    (p[1] - '0') * 10 + (p[2] - '0'));
		q = skip_marks(p + 3, e);
		n = status_len(q, e);
		if (n && *q == *p) {
			take_status(c->status, q, n);
			q = skip_marks(q + n, e);
		}
		while (q > p + 3 && strchr("<'\"(", q[-1]))
			q--;
		c->words = reply_words(q, e, c->quoted);
		if (!*c->status)
			any_status(c->words, c->status);
	}
	if (!*c->status)
		any_status(s, c->status);
	return p != NULL;
}

/* Which command was refused, as those say who tell of it. */
static const struct {
	const char *words;
	char phase;
} refused[] = {
	{ "in reply to rcpt to", 'r' },
	{ "in reply to mail from", 'm' },
	{ "in reply to end of data", 'd' },
	{ "in reply to data", 'i' },
	{ "in reply to helo", 'e' },
	{ "in reply to ehlo", 'e' },
	{ "after rcpt to", 'r' },
	{ "after mail from", 'm' },
	{ "after end of data", 'd' },
	{ "after data", 'i' },
	{ "after initial connection", 'c' },
	{ "after helo", 'e' },
	{ "after ehlo", 'e' },
	{ "refused to talk to me", 'c' },
	{ "not like our rcpt to", 'r' },
	{ "not like our mail from", 'm' },
	{ "not like our final data", 'd' },
	{ "not like our data", 'i' },
	{ ">>> rcpt to", 'r' },
	{ ">>> mail from", 'm' },
	{ ">>> data", 'i' },
	{ "response to rcpt to", 'r' },
	{ "response to mail from", 'm' },
	{ "response to end of data", 'd' },
};

char
replycode_phase(struct span s)
{
	size_t i;

	for (i = 0; i < sizeof refused / sizeof *refused; i++)
		if (span_has(s, refused[i].words))
			return refused[i].phase;
	return 0;
}
