#include <errno.h>
#include <iconv.h>
#include <string.h>
#include <strings.h>

#include "common/mem.h"
#include "common/mergedecode.h"
#include "common/utf8.h"

#define CHARSETMAX 63

static int
isblank_(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static int
digit64(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

int
mergedecode_base64(stralloc *d, const char *s, size_t n)
{
	unsigned int v = 0, have = 0;
	size_t i, pads = 0;
	int x;

	for (i = 0; i < n; i++) {
		if (isblank_(s[i]))
			continue;
		x = digit64(s[i]);
		if (s[i] == '=')
			pads++;
		else if (x == -1 || pads) {
			errno = EILSEQ;
			return -1;
		} else {
			v = (v << 6 | (unsigned int)x) & 0xffff;
			have += 6;
		}
		if (have >= 8) {
			have -= 8;
			mem_check(stralloc_append(d, (char)(v >> have)));
		}
	}
	return 0;
}

static int
hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The octet that "=XX" at s is, or -1. */
static int
triplet(const char *s, size_t n)
{
	if (n < 3 || hex(s[1]) == -1 || hex(s[2]) == -1)
		return -1;
	return hex(s[1]) * 16 + hex(s[2]);
}

/* The octets of a soft line break at s, 0 if there is none. */
static size_t
softbreak(const char *s, size_t n)
{
	size_t i = 1;

	while (i < n && (s[i] == ' ' || s[i] == '\t'))
		i++;
	if (i < n && s[i] == '\r')
		i++;
	if (i == n)
		return i;
	return s[i] == '\n' ? i + 1 : 0;
}

void
mergedecode_qp(stralloc *d, const char *s, size_t n)
{
	size_t i, len;
	int c;

	for (i = 0; i < n; i += len) {
		len = 1;
		c = (unsigned char)s[i];
		if (c == '=' && triplet(s + i, n - i) != -1) {
			c = triplet(s + i, n - i);
			len = 3;
		} else if (c == '=' && softbreak(s + i, n - i)) {
			len = softbreak(s + i, n - i);
			continue;
		} else if (c == '\n') /* white space at the end of a line */
			while (d->len &&
			    (d->s[d->len - 1] == ' ' ||
				d->s[d->len - 1] == '\t'))
				d->len--;
		else if (c == '\r')
			continue;
		if (c == '\n' && len == 1)
			mem_check(stralloc_append(d, '\r'));
		mem_check(stralloc_append(d, (char)c));
	}
}

static int
convert(iconv_t cd, stralloc *d, const char *s, size_t n)
{
	char *in = (char *)s;
	char *out;
	size_t room, left;

	for (;;) {
		room = n + 64;
		mem_check(stralloc_readyplus(d, room));
		out = d->s + d->len;
		left = room;
		if (iconv(cd, &in, &n, &out, &left) != (size_t)-1) {
			d->len += room - left;
			return 0;
		}
		d->len += room - left;
		if (errno != E2BIG) {
			errno = EILSEQ;
			return -1;
		}
	}
}

int
mergedecode_charset(stralloc *d, const char *charset, const char *s, size_t n)
{
	iconv_t cd;
	int rc;

	if (!charset[0] || !strcasecmp(charset, "us-ascii") ||
	    !strcasecmp(charset, "utf-8") || !strcasecmp(charset, "utf8")) {
		if (!utf8_ok(s, n)) {
			errno = EILSEQ;
			return -1;
		}
		mem_check(stralloc_catb(d, n ? s : "", n));
		return 0;
	}
	cd = iconv_open("UTF-8", charset);
	if (cd == (iconv_t)-1) {
		errno = EINVAL;
		return -1;
	}
	rc = convert(cd, d, s, n);
	(void)iconv_close(cd);
	if (!rc && !utf8_ok(d->s ? d->s : "", d->len)) {
		errno = EILSEQ;
		rc = -1;
	}
	return rc;
}

static void
q(stralloc *d, const char *s, size_t n)
{
	size_t i;
	int c;

	for (i = 0; i < n; i++) {
		c = s[i] == '=' ? triplet(s + i, n - i) : -1;
		if (c != -1)
			i += 2;
		else
			c = s[i] == '_' ? ' ' : (unsigned char)s[i];
		mem_check(stralloc_append(d, (char)c));
	}
}

/* The octets of an encoded word at s, which is appended to d; 0 none. */
static size_t
word(stralloc *d, const char *s, size_t n)
{
	const char *end = s + n;
	const char *charset = s + 2;
	const char *enc, *text, *close;
	char name[CHARSETMAX + 1];
	stralloc raw = STRALLOC_ZERO;
	size_t len, from = d->len;
	int rc;

	if (n < 8 || memcmp(s, "=?", 2))
		return 0;
	enc = memchr(charset, '?', (size_t)(end - charset));
	if (!enc || end - enc < 5 || enc[2] != '?' || enc == charset)
		return 0;
	text = enc + 3;
	close = memmem(text, (size_t)(end - text), "?=", 2);
	len = (size_t)(enc - charset);
	if (!close || len > CHARSETMAX)
		return 0;
	memcpy(name, charset, len);
	name[len] = '\0';
	name[strcspn(name, "*")] = '\0'; /* a language, RFC 2231 5 */
	rc = 0;
	if (enc[1] == 'B' || enc[1] == 'b')
		rc = mergedecode_base64(&raw, text, (size_t)(close - text));
	else if (enc[1] == 'Q' || enc[1] == 'q')
		q(&raw, text, (size_t)(close - text));
	else
		rc = -1;
	if (!rc)
		rc =
		    mergedecode_charset(d, name, raw.len ? raw.s : "", raw.len);
	if (rc == -1)
		d->len = from;
	stralloc_free(&raw);
	return rc == -1 ? 0 : (size_t)(close + 2 - s);
}

void
mergedecode_words(stralloc *d, const char *s, size_t n)
{
	size_t i, len, gap = 0;
	int after = 0; /* an encoded word came last, then white space at most */

	for (i = 0; i < n; i += len) {
		len = s[i] == '=' ? word(d, s + i, n - i) : 0;
		if (len) { /* white space between two of them is nothing */
			after = 1;
			gap = 0;
			continue;
		}
		len = 1;
		if (after && isblank_(s[i])) {
			gap++;
			continue;
		}
		mem_check(stralloc_catb(d, s + i - gap, gap + 1));
		after = 0;
		gap = 0;
	}
	mem_check(stralloc_catb(d, n ? s + n - gap : "", gap));
}
