#include <string.h>
#include <strings.h>

#include <gmime/gmime.h>

#include "cmd/dray-bounce/reading.h"

const char *
field_word(struct arena *a, const struct header_field *f, size_t max)
{
	return arena_word(a, f->value, f->value_len, max);
}

const char *
field_find(struct arena *a, struct span head, const char *name, size_t max)
{
	const char *p = head.s, *end = head.s + head.n;
	struct header_field f;

	while (field_next(&p, end, &f))
		if (header_is(&f, name))
			return field_word(a, &f, max);
	return "";
}

int
field_next(const char **p, const char *end, struct header_field *f)
{
	const char *q;

	while ((q = *p) < end) {
		if (header_next(p, end, f))
			return 1;
		if (*p == q)
			*p = header_nextline(q, end);
	}
	return 0;
}

const char *
field_address(struct arena *a, const char *s, size_t n)
{
	const char *at = s;
	const char *open = memrchr(s, '<', n);
	struct span r;

	/* What is in brackets is the address, and before it a name. */
	if (open && memchr(open, '@', n - (size_t)(open - s)))
		at = open;
	while ((at = memchr(at, '@', n - (size_t)(at - s))) != NULL) {
		if (address_at(s, s + n, at, &r))
			return arena_word(a, r.s, r.n, REPORT_ADDRESS);
		at++;
	}
	return "";
}

const char *
field_decoded(struct arena *a, const char *s)
{
	char *d;
	const char *r;

	if (!strstr(s, "=?"))
		return s;
	d = g_mime_utils_header_decode_text(NULL, s);
	if (!d)
		return s;
	r = arena_word(a, d, strlen(d), REPORT_WORD);
	g_free(d);
	return r;
}
