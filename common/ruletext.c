#include <string.h>

#include "common/chars.h"
#include "common/ruletext.h"

static int
isdigit_(int c)
{
	return c >= '0' && c <= '9';
}

/* Octets of "5.1.1" at s, where something else follows; 0 if it is none. */
static size_t
status_len(const char *s, const char *e)
{
	const char *p = s;
	int i, part;

	if (e - s < 5 || (*p != '2' && *p != '4' && *p != '5'))
		return 0;
	p++;
	for (part = 0; part < 2; part++) {
		if (p == e || *p++ != '.' || p == e || !isdigit_(*p))
			return 0;
		for (i = 0; i < 3 && p < e && isdigit_(*p); i++)
			p++;
	}
	if (p < e && (isdigit_(*p) || *p == '.'))
		return 0;
	return (size_t)(p - s);
}

void
ruletext_status(const char *s, size_t n, char *d)
{
	const char *e, *p = s;
	size_t len;

	d[0] = '\0';
	if (n == 0)
		return;
	if (n > RULETEXT_MAX)
		n = RULETEXT_MAX;
	e = s + n;
	len = status_len(p, e);
	while (!len && (p = memchr(p, '#', (size_t)(e - p))) != NULL)
		len = status_len(++p, e);
	if (len)
		memcpy(d, p, len);
	d[len] = '\0';
}

/* The letters of U+00C0 to U+00FF without what is above or below them. */
static const char plain[] =
    "aaaaaaaceeeeiiiidnooooo ouuuuypsaaaaaaaceeeeiiiidnooooo ouuuuypy";

/* The same of U+0100 to U+017F. */
static const char plain_more[] =
    "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiiiijjkkkllllllllll"
    "nnnnnnnnnoooooooorrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";

/* A character of UTF-8 at s that has a plain one: its length, else 0. */
static size_t
fold_utf8(const unsigned char *s, size_t n, char *c_r)
{
	if (n >= 2 && (s[0] == 0xc4 || s[0] == 0xc5) && s[1] >= 0x80 &&
	    s[1] <= 0xbf) {
		*c_r = plain_more[(s[0] - 0xc4) * 64 + s[1] - 0x80];
		return 2;
	}
	if (n >= 2 && s[0] == 0xc3 && s[1] >= 0x80 && s[1] <= 0xbf) {
		*c_r = plain[s[1] - 0x80];
		return 2;
	}
	if (n >= 2 && s[0] == 0xc2 && s[1] == 0xa0) { /* no-break space */
		*c_r = ' ';
		return 2;
	}
	if (n >= 3 && s[0] == 0xe2 && s[1] == 0x80) {
		*c_r = s[2] == 0x98 || s[2] == 0x99 ? '\''
		    : s[2] == 0x9c || s[2] == 0x9d  ? '"'
						    : 0;
		return *c_r ? 3 : 0;
	}
	return 0;
}

static size_t
fold_one(const char *s, size_t n, char *c_r)
{
	unsigned char c = (unsigned char)*s;
	size_t len =
	    c >= 0x80 ? fold_utf8((const unsigned char *)s, n, c_r) : 0;

	if (len)
		return len;
	*c_r = (char)(c <= ' ' || c == 127 ? ' ' : chars_lower(c));
	return 1;
}

/* Octets of "550-" at s, as each line of a long reply but the last begins. */
static size_t
code_len(const char *s, const char *e)
{
	if (e - s < 5 || (*s != '4' && *s != '5') || !isdigit_(s[1]) ||
	    !isdigit_(s[2]) || s[3] != '-')
		return 0;
	return 4;
}

/* What is to be left out at the beginning of a word. */
static size_t
skip(const char *s, const char *e, int is_first, const char *status)
{
	size_t at = code_len(s, e), n = status_len(s + at, e);

	if (n && !is_first &&
	    (n != strlen(status) || memcmp(s + at, status, n) != 0))
		n = 0;
	return at + n;
}

size_t
ruletext_fold(char *d, const char *s, size_t n, const char *status)
{
	const char *e;
	size_t len = 0, used;
	char c;

	if (!n)
		return 0;
	e = s + (n < RULETEXT_MAX ? n : RULETEXT_MAX);
	while (s < e) {
		if (!len || d[len - 1] == ' ') {
			used = skip(s, e, !len, status);
			s += used;
			if (s == e)
				break;
		}
		s += fold_one(s, (size_t)(e - s), &c);
		if (c != ' ' || (len && d[len - 1] != ' '))
			d[len++] = c;
	}
	while (len && d[len - 1] == ' ')
		len--;
	return len;
}
