#include <string.h>
#include <strings.h>

#include "cmd/dray-unsub/request.h"

#define NAME "List-Unsubscribe"
#define VALUE "One-Click"

static int
is_digit(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9');
}

int
request_token(
    const struct token_keys *k, const char *s, size_t n, struct token *t_r)
{
	size_t i, from = 0;

	if (n > REQUEST_PATHMAX)
		n = REQUEST_PATHMAX;
	for (i = 0; i <= n; i++) {
		if (i < n && is_digit((unsigned char)s[i]))
			continue;
		if (i - from == TOKEN_LEN &&
		    token_parse(k, s + from, TOKEN_LEN, t_r))
			return 1;
		from = i + 1;
	}
	return 0;
}

/* A word without regard to case, in front of the octet `end` or at the end. */
static int
is_word(const char *s, size_t n, const char *word)
{
	return strlen(word) == n && strncasecmp(s, word, n) == 0;
}

/* A pair of the form; nothing of it has to be escaped. */
static int
is_pair(const char *s, size_t n)
{
	const char *eq = memchr(s, '=', n);

	return eq && is_word(s, (size_t)(eq - s), NAME) &&
	    is_word(eq + 1, n - (size_t)(eq + 1 - s), VALUE);
}

static int
is_urlencoded(const char *s, size_t n)
{
	const char *end = s + n, *amp;

	/* Some send the end of a line behind it. */
	while (end > s && (end[-1] == '\n' || end[-1] == '\r'))
		end--;
	for (; s <= end; s = amp + 1) {
		amp = memchr(s, '&', (size_t)(end - s));
		if (!amp)
			amp = end;
		if (is_pair(s, (size_t)(amp - s)))
			return 1;
	}
	return 0;
}

/* A part of that name, whose content is the word (RFC 7578 4.2).  Its boundary
 * does not matter: nothing else that could stand in such a body has a field like
 * that, and what follows is the word and the end of a line. */
static int
is_multipart(const char *s, size_t n)
{
	static const char field[] = "name=\"" NAME "\"";
	const char *end = s + n, *at = memmem(s, n, field, sizeof field - 1);
	const char *value;

	if (!at)
		return 0;
	value = memmem(at, (size_t)(end - at), "\r\n\r\n", 4);
	if (!value)
		return 0;
	value += 4;
	n = sizeof VALUE - 1;
	return (size_t)(end - value) >= n + 2 && is_word(value, n, VALUE) &&
	    memcmp(value + n, "\r\n", 2) == 0;
}

static int
is_oneclick(const char *type, const char *s, size_t n)
{
	static const char multipart[] = "multipart/form-data";

	if (!n || n > REQUEST_BODYMAX)
		return 0;
	if (type && strncasecmp(type, multipart, sizeof multipart - 1) == 0)
		return is_multipart(s, n);
	return is_urlencoded(s, n);
}

enum request_answer
request_answer(const struct request *r)
{
	int post = strcmp(r->method, "POST") == 0;

	if (!post && strcmp(r->method, "GET") != 0 &&
	    strcmp(r->method, "HEAD") != 0)
		return REQUEST_METHOD;
	if (!r->has)
		return REQUEST_UNKNOWN;
	if (!post)
		return REQUEST_ASK;
	return is_oneclick(r->type, r->body, r->len) ? REQUEST_LEAVE
						     : REQUEST_EMPTY;
}
