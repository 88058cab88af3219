#include <string.h>
#include <sysexits.h>

#include <sodium.h>

#include "common/maildate.h"
#include "common/utf8.h"
#include "fields.h"
#include "say.h"

#define WORDMAX 39 /* octets an encoded word: 75 with charset and base64 */

static void
cats(stralloc *out, const char *s)
{
	if (!stralloc_cats(out, s))
		say_die(EX_OSERR, "out of memory");
}

void
fields_date(stralloc *out, const char *name, time_t now)
{
	char s[MAILDATE_MAX];

	if (maildate(s, now) == -1)
		say_die(EX_SOFTWARE, "cannot tell the date");
	cats(out, name);
	cats(out, ": ");
	cats(out, s);
	cats(out, "\r\n");
}

void
fields_msgid(stralloc *out, const char *name, const char *right)
{
	unsigned char random[16];
	char hex[2 * sizeof random + 1];

	randombytes_buf(random, sizeof random);
	sodium_bin2hex(hex, sizeof hex, random, sizeof random);
	cats(out, name);
	cats(out, ": <");
	cats(out, hex);
	cats(out, "@");
	cats(out, right);
	cats(out, ">\r\n");
}

const char *
fields_charset(const char *s, size_t n)
{
	if (!utf8_high(s, n))
		return "us-ascii";
	return utf8_ok(s, n) ? "utf-8" : "unknown-8bit";
}

static void
encoded_words(stralloc *out, const char *s, const char *charset)
{
	char b64[2 * WORDMAX];
	size_t k, len, n = strlen(s);

	while (n) {
		/* A character must not be divided. */
		for (k = 0; k < n; k += len) {
			len = utf8_char(s + k, n - k);
			len += !len;
			if (k + len > WORDMAX)
				break;
		}
		sodium_bin2base64(b64, sizeof b64, (const unsigned char *)s, k,
		    sodium_base64_VARIANT_ORIGINAL);
		cats(out, "=?");
		cats(out, charset);
		cats(out, "?B?");
		cats(out, b64);
		s += k;
		n -= k;
		cats(out, n ? "?=\r\n " : "?=");
	}
}

/* A display name: as it is, quoted, or encoded. */
static void
phrase(stralloc *out, const char *s)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "abcdefghijklmnopqrstuvwxyz"
				    "0123456789!#$%&'*+-/=?^_`{|}~ ";
	const char *charset = fields_charset(s, strlen(s));
	char c[3] = { '\\', 0, 0 };

	if (strcmp(charset, "us-ascii")) {
		encoded_words(out, s, charset);
	} else if (!s[strspn(s, plain)] && !strstr(s, "=?")) {
		cats(out, s);
	} else {
		cats(out, "\"");
		for (; *s; s++) {
			c[1] = *s;
			cats(out, *s == '"' || *s == '\\' ? c : c + 1);
		}
		cats(out, "\"");
	}
}

void
fields_from(
    stralloc *out, const char *name, const char *fullname, const char *addr)
{
	cats(out, name);
	cats(out, ": ");
	if (fullname[0]) {
		phrase(out, fullname);
		cats(out, " <");
	}
	cats(out, addr);
	cats(out, fullname[0] ? ">\r\n" : "\r\n");
}
