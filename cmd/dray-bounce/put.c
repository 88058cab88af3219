#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cmd/dray-bounce/put.h"
#include "common/mem.h"
#include "common/utf8.h"
#include "common/wire.h"

#define WIDTH 76
#define LONGEST 900 /* octets of a line in which there is no blank */

void
put_text(stralloc *sa, const char *s)
{
	mem_check(stralloc_cats(sa, s));
}

static void
put(stralloc *sa, const char *s, size_t n)
{
	mem_check(stralloc_catb(sa, s, n));
}

/* Its value; s is one character, n octets long. */
static uint32_t
value(const unsigned char *s, size_t n)
{
	uint32_t c = n == 1 ? *s : *s & (0x7fU >> n);

	while (--n)
		c = c << 6 | (*++s & 0x3fU);
	return c;
}

/* Seen by nobody, but able to change how the rest looks. */
static int
hidden(uint32_t c)
{
	return c < ' ' || (c >= 127 && c < 0xa0) || c == 0xad || c == 0x61c ||
	    (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
	    (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || c >= 0xe0000;
}

static void
put_chars(stralloc *sa, const char *str, size_t len, uint32_t most)
{
	const unsigned char *s = (const unsigned char *)str;
	char b[16];
	uint32_t c;
	size_t n;

	for (; len; s += n, str += n, len -= n) {
		n = utf8_char(str, len);
		c = n ? value(s, n) : 0;
		if (n == 0) {
			put(sa, "?", n = 1);
		} else if (c < 128 && hidden(c)) {
			put(sa, " ", 1);
		} else if (c <= most && !hidden(c)) {
			put(sa, (const char *)s, n);
		} else {
			snprintf(b, sizeof b, "\\x{%X}", (unsigned int)c);
			put_text(sa, b);
		}
	}
}

void
put_ascii(stralloc *sa, const char *s, size_t len)
{
	put_chars(sa, s, len, '~');
}

void
put_utf8(stralloc *sa, const char *s, size_t len)
{
	put_chars(sa, s, len, 0x10ffff);
}

/* A new line in a field; not within a character of UTF-8. */
static size_t
piece(const char *s, size_t n)
{
	size_t most = LONGEST;

	if (n <= most)
		return n;
	while (most > 1 && (s[most] & 0xc0) == 0x80)
		most--;
	return most;
}

void
put_field(stralloc *sa, const char *name, const char *s, size_t len)
{
	size_t column = strlen(name) + 1, n, i = 0;

	put_text(sa, name);
	put_text(sa, ":");
	for (;; i += n) {
		while (i < len && s[i] == ' ')
			i++;
		if (i == len)
			break;
		for (n = 0; i + n < len && s[i + n] != ' '; n++)
			;
		n = piece(s + i, n);
		if (column + 1 + n > WIDTH && column > strlen(name) + 1) {
			put_text(sa, "\r\n");
			column = 0;
		}
		put_text(sa, " ");
		put(sa, s + i, n);
		column += 1 + n;
	}
	put_text(sa, "\r\n");
}

void
put_date(stralloc *sa, const char *name, uint64_t sec)
{
	static const char days[] = "SunMonTueWedThuFriSat";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	time_t t = (time_t)sec;
	char b[64];
	struct tm tm;

	if (sec > UINT32_MAX * UINT64_C(50) || !gmtime_r(&t, &tm) ||
	    tm.tm_year > 9999 - 1900)
		return;
	snprintf(b, sizeof b, ": %.3s, %d %.3s %d %02d:%02d:%02d +0000\r\n",
	    days + 3 * tm.tm_wday, tm.tm_mday, months + 3 * tm.tm_mon,
	    tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
	put_text(sa, name);
	put_text(sa, b);
}

static int
hex(char c)
{
	const char *digits = "0123456789ABCDEF";
	const char *p = c ? strchr(digits, toupper((unsigned char)c)) : NULL;

	return p ? (int)(p - digits) : -1;
}

void
put_xtext(stralloc *sa, const char *s)
{
	char c;

	for (; *s; s++) {
		c = *s;
		if (c == '+' && hex(s[1]) >= 0 && hex(s[2]) >= 0) {
			c = (char)(hex(s[1]) * 16 + hex(s[2]));
			if (c >= ' ' && c <= '~')
				s += 2;
			else
				c = '+';
		}
		put_ascii(sa, &c, 1);
	}
}

static int
lines_ok(const char *s, size_t len, unsigned char most)
{
	size_t i, line = 0;

	for (i = 0; i < len; i++) {
		if (s[i] == '\r' && i + 1 < len && s[i + 1] == '\n') {
			line = 0;
			i++;
		} else if (++line > WIRE_LINEMAX ||
		    (unsigned char)s[i] > most || s[i] == '\0' ||
		    s[i] == '\r' || s[i] == '\n') {
			return 0;
		}
	}
	return line == 0;
}

int
put_is7bit(const char *s, size_t len)
{
	return lines_ok(s, len, 127);
}

int
put_is8bit(const char *s, size_t len)
{
	return lines_ok(s, len, 255);
}
