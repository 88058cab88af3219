#include <string.h>

#include "cmd/dray-log/door.h"
#include "common/utf8.h"

#define DEPTH 3 /* objects in objects */
#define DIGITS 18 /* no reader has to round them */

static const char *const heads[] = {
	"{\"type\":\"Rejection\",",
	"{\"type\":\"RejectionSummary\",",
};

static int
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int
is_hex(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f');
}

/* Behind a backslash; no half of a pair, which is no character. */
static const char *
escape(const char *s, const char *end)
{
	int i;

	if (s < end && *s && strchr("\"\\/bfnrt", *s))
		return s + 1;
	if (end - s < 5 || *s != 'u')
		return NULL;
	for (i = 1; i < 5; i++)
		if (!is_hex(s[i]))
			return NULL;
	return s[1] == 'd' && s[2] >= '8' ? NULL : s + 5;
}

/* Behind its first quote. */
static const char *
string(const char *s, const char *end)
{
	while (s && s < end) {
		if (*s == '"')
			return s + 1;
		s = *s == '\\' ? escape(s + 1, end) : s + 1;
	}
	return NULL;
}

static const char *
digits(const char *s, const char *end)
{
	const char *from = s;

	while (s < end && is_digit(*s))
		s++;
	return s > from && s - from <= DIGITS ? s : NULL;
}

static const char *
number(const char *s, const char *end)
{
	const char *from = s;

	s = digits(s, end);
	if (!s || (*from == '0' && s > from + 1))
		return NULL;
	return s < end && *s == '.' ? digits(s + 1, end) : s;
}

static const char *
word(const char *s, const char *end)
{
	if (end - s >= 4 && !memcmp(s, "true", 4))
		return s + 4;
	if (end - s >= 5 && !memcmp(s, "false", 5))
		return s + 5;
	return number(s, end);
}

/* Past the key and its colon. */
static const char *
key(const char *s, const char *end, int depth)
{
	const char *from = s + 1;

	if (s == end || *s != '"')
		return NULL;
	for (s = from; s < end && ((*s >= 'a' && *s <= 'z') || *s == '_'); s++)
		;
	if (s == from || end - s < 3 || s[0] != '"' || s[1] != ':')
		return NULL;
	if (!depth && s - from == 4 && !memcmp(from, "type", 4))
		return NULL;
	return s + 2;
}

static const char *object(const char *s, const char *end, int depth);

static const char *
value(const char *s, const char *end, int depth)
{
	if (*s == '"')
		return string(s + 1, end);
	if (*s == '{')
		return object(s + 1, end, depth + 1);
	return word(s, end);
}

/* Behind its brace, or behind a comma. */
static const char *
object(const char *s, const char *end, int depth)
{
	if (depth > DEPTH)
		return NULL;
	for (;;) {
		s = key(s, end, depth);
		if (s)
			s = value(s, end, depth);
		if (!s || s == end)
			return NULL;
		if (*s == '}')
			return s + 1;
		if (*s++ != ',')
			return NULL;
	}
}

/* Without its newline. */
static int
line_ok(const char *s, size_t len)
{
	size_t i, n;

	for (i = 0; i < sizeof heads / sizeof *heads; i++) {
		n = strlen(heads[i]);
		if (len > n && !memcmp(s, heads[i], n))
			return object(s + n, s + len, 0) == s + len &&
			    utf8_ok(s, len);
	}
	return 0;
}

int
door_ok(const char *s, size_t len)
{
	const char *nl;
	size_t n;

	for (; len; s += n, len -= n) {
		nl = memchr(s, '\n', len);
		if (!nl || !line_ok(s, (size_t)(nl - s)))
			return 0;
		n = (size_t)(nl - s) + 1;
	}
	return 1;
}
