#include <string.h>

#include "common/json.h"
#include "common/mem.h"

#define ONES UINT64_C(0x0101010101010101)
#define HIGH (ONES * 0x80)
#define LASTSECOND UINT64_C(253402300799) /* of the year 9999 */

static const char digits[] = "0123456789abcdef";

/* Makes room for a key and more octets, and writes the comma and the key.
 * Returns where the value begins; done() takes where it ended. */
static char *
begin(stralloc *sa, const char *key, size_t more)
{
	size_t n = key ? strlen(key) : 0;
	char *d, last;

	mem_check(stralloc_readyplus(sa, n + 4 + more));
	d = sa->s + sa->len;
	last = sa->len ? d[-1] : '\n';
	if (last != '{' && last != '[' && last != '\n')
		*d++ = ',';
	if (key) {
		*d++ = '"';
		d = (char *)mempcpy(d, key, n);
		*d++ = '"';
		*d++ = ':';
	}
	return d;
}

static void
done(stralloc *sa, const char *d)
{
	sa->len = (size_t)(d - sa->s);
}

static void
literal(stralloc *sa, const char *key, const char *s, size_t len)
{
	char *d = begin(sa, key, len);

	memcpy(d, s, len);
	done(sa, d + len);
}

static void
tail(stralloc *sa, const char *s, size_t len)
{
	mem_check(stralloc_catb(sa, s, len));
}

void
json_open(stralloc *sa)
{
	literal(sa, NULL, "{", 1);
}

void
json_obj(stralloc *sa, const char *key)
{
	literal(sa, key, "{", 1);
}

void
json_end(stralloc *sa)
{
	tail(sa, "}", 1);
}

void
json_line(stralloc *sa)
{
	tail(sa, "}\n", 2);
}

void
json_arr(stralloc *sa, const char *key)
{
	literal(sa, key, "[", 1);
}

void
json_arrend(stralloc *sa)
{
	tail(sa, "]", 1);
}

void
json_bool(stralloc *sa, const char *key, int on)
{
	literal(sa, key, on ? "true" : "false", on ? 4 : 5);
}

/* One code point: its length, or 0 if no valid UTF-8 begins at s. */
static size_t
utf8(const unsigned char *s, const unsigned char *e, uint32_t *c_r)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t i, n;
	uint32_t c;

	n = *s < 0xc2 ? 0 : *s < 0xe0 ? 2 : *s < 0xf0 ? 3 : *s < 0xf5 ? 4 : 0;
	if (n == 0 || (size_t)(e - s) < n)
		return 0;
	c = *s & (0x7fU >> n);
	for (i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3fU);
	}
	if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	*c_r = c;
	return n;
}

/* Characters that no reader sees and that change how others look. */
static int
hidden(uint32_t c)
{
	return c < 0xa0 || c == 0xad || c == 0x61c ||
	    (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
	    (c >= 0x2060 && c <= 0x206f) || c == 0xfeff ||
	    (c >= 0xfff9 && c <= 0xfffb) || (c & 0xfffe) == 0xfffe;
}

static char *
put_hex(char *d, uint32_t c)
{
	*d++ = '\\';
	*d++ = 'u';
	*d++ = digits[c >> 12 & 15];
	*d++ = digits[c >> 8 & 15];
	*d++ = digits[c >> 4 & 15];
	*d++ = digits[c & 15];
	return d;
}

static char *
put_ascii(char *d, unsigned char c)
{
	static const char name[] = "btn?fr"; /* 8 to 13 */

	if (c >= 8 && c <= 13 && c != 11) {
		*d++ = '\\';
		*d++ = name[c - 8];
	} else if (c == '"' || c == '\\') {
		*d++ = '\\';
		*d++ = (char)c;
	} else if (c < ' ' || c == 127) {
		d = put_hex(d, c ? c : 0xfffd);
	} else {
		*d++ = (char)c;
	}
	return d;
}

/* One character, or one octet that is none. */
static char *
put_one(char *d, const unsigned char **s_r, const unsigned char *e)
{
	const unsigned char *s = *s_r;
	uint32_t c;
	size_t n;

	if (*s < 128) {
		*s_r = s + 1;
		return put_ascii(d, *s);
	}
	n = utf8(s, e, &c);
	if (n == 0) {
		*s_r = s + 1;
		return put_hex(d, *s);
	}
	*s_r = s + n;
	/* Past the first plane only noncharacters are hidden. */
	if (hidden(c))
		return put_hex(d, c > 0xffff ? 0xfffd : c);
	memcpy(d, s, n);
	return d + n;
}

/* Not zero if one of the eight octets is below ' ', over '~', '"' or '\'. */
static uint64_t
special(uint64_t x)
{
	uint64_t quote = x ^ (ONES * '"'), back = x ^ (ONES * '\\');

	return ((x - ONES * ' ') | (x + ONES) | x | (quote - ONES) |
		   (back - ONES)) &
	    HIGH;
}

/* At most six octets for each of len. */
static char *
put_string(char *d, const char *str, size_t len)
{
	const unsigned char *s = (const unsigned char *)str, *e = s + len;
	uint64_t x;

	*d++ = '"';
	while (e - s >= 8) {
		memcpy(&x, s, 8);
		if (special(x)) {
			d = put_one(d, &s, e);
			continue;
		}
		memcpy(d, &x, 8);
		d += 8;
		s += 8;
	}
	while (s < e)
		d = put_one(d, &s, e);
	*d++ = '"';
	return d;
}

void
json_str(stralloc *sa, const char *key, const char *s, size_t len)
{
	char *d;

	mem_check(len < SIZE_MAX / 8);
	d = begin(sa, key, len * 6 + 2);
	done(sa, put_string(d, len ? s : "", len));
}

void
json_octets(stralloc *sa, const char *key, const char *s, size_t len)
{
	const unsigned char *p = (const unsigned char *)s, *e = p + len;
	char *d;

	mem_check(len < SIZE_MAX / 8);
	d = begin(sa, key, len * 6 + 2);
	*d++ = '"';
	for (; p < e; p++)
		d = *p && *p < 128 ? put_ascii(d, *p) : put_hex(d, *p);
	*d++ = '"';
	done(sa, d);
}

void
json_hex(stralloc *sa, const char *key, const unsigned char *s, size_t len)
{
	size_t i;
	char *d;

	mem_check(len < SIZE_MAX / 8);
	d = begin(sa, key, len * 2 + 2);
	*d++ = '"';
	for (i = 0; i < len; i++) {
		*d++ = digits[s[i] >> 4];
		*d++ = digits[s[i] & 15];
	}
	*d++ = '"';
	done(sa, d);
}

void
json_text(stralloc *sa, const char *key, const char *s)
{
	json_str(sa, key, s, strlen(s));
}

static char *
put_u64(char *d, uint64_t n)
{
	char b[20];
	size_t i = sizeof b;

	do
		b[--i] = (char)('0' + n % 10);
	while (n /= 10);
	memcpy(d, b + i, sizeof b - i);
	return d + sizeof b - i;
}

/* Exactly w digits. */
static char *
put_digits(char *d, uint32_t n, int w)
{
	int i;

	for (i = w; i-- > 0; n /= 10)
		d[i] = (char)('0' + n % 10);
	return d + w;
}

void
json_u64(stralloc *sa, const char *key, uint64_t n)
{
	char *d = begin(sa, key, 20);

	done(sa, put_u64(d, n > INT64_MAX ? INT64_MAX : n));
}

void
json_ms(stralloc *sa, const char *key, uint64_t us)
{
	char *d = begin(sa, key, 24);

	d = put_u64(d, us / 1000);
	*d++ = '.';
	done(sa, put_digits(d, us % 1000, 3));
}

/* Days to a date: the civil calendar in eras of 400 years that begin in March,
 * so that the leap day comes last. */
static char *
put_date(char *d, uint32_t days)
{
	uint32_t z = days + 719468, era = z / 146097, doe = z % 146097;
	uint32_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	uint32_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	uint32_t mp = (5 * doy + 2) / 153, m = mp < 10 ? mp + 3 : mp - 9;

	d = put_digits(d, yoe + era * 400 + (m <= 2), 4);
	*d++ = '-';
	d = put_digits(d, m, 2);
	*d++ = '-';
	return put_digits(d, doy - (153 * mp + 2) / 5 + 1, 2);
}

void
json_time(stralloc *sa, const char *key, uint64_t us)
{
	uint64_t sec = us / 1000000;
	uint32_t day, left;
	char *d = begin(sa, key, 32);

	if (sec > LASTSECOND) {
		sec = LASTSECOND;
		us = 999999;
	}
	day = (uint32_t)(sec / 86400);
	left = (uint32_t)(sec % 86400);
	*d++ = '"';
	d = put_date(d, day);
	*d++ = 'T';
	d = put_digits(d, left / 3600, 2);
	*d++ = ':';
	d = put_digits(d, left / 60 % 60, 2);
	*d++ = ':';
	d = put_digits(d, left % 60, 2);
	*d++ = '.';
	d = put_digits(d, us % 1000000, 6);
	*d++ = 'Z';
	*d++ = '"';
	done(sa, d);
}
