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

/* How sure a number is the code of a reply: 3 its enhanced status follows, 2 a
 * colon or the like stands before it, or nothing, 1 a word does, 0 no code. */
static int
code_sure(const char *s, const char *p, const char *e)
{
	const char *q = p + 3;
	size_t n;

	if (e - p < 3 || (*p != '2' && *p != '4' && *p != '5') || p[1] < '0' ||
	    p[1] > '7' || !is_digit(p[2]))
		return 0;
	if (q < e && (is_word(*q) || *q == '/'))
		return 0;
	if (p > s &&
	    (is_word(p[-1]) || p[-1] == '-' || p[-1] == '/' || p[-1] == '+' ||
		p[-1] == '%'))
		return 0;
	q = skip_marks(q, e);
	n = status_len(q, e);
	if (n && *q == *p)
		return 3;
	while (p > s && p[-1] == ' ')
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

void
replycode_find(struct span s, unsigned int *code_r, char *status_r)
{
	const char *p, *e = s.s + s.n, *best = NULL, *q;
	int sure = 0, now;

	*code_r = 0;
	*status_r = '\0';
	for (p = s.s; p < e; p++) {
		if (*p != '4' && *p != '5')
			continue;
		now = code_sure(s.s, p, e);
		if (now > sure && now > 1) {
			sure = now;
			best = p;
		}
	}
	if (best) {
		*code_r = (unsigned int)((best[0] - '0') * 100 +
		    (best[1] - '0') * 10 + (best[2] - '0'));
		q = skip_marks(best + 3, e);
		if (sure == 3)
			take_status(status_r, q, status_len(q, e));
	}
	if (!*status_r)
		any_status(s, status_r);
}
