#include <string.h>

#include "cmd/dray-bounce/dsn.h"
#include "cmd/dray-bounce/put.h"
#include "common/header.h"
#include "common/mem.h"
#include "common/recode.h"
#include "common/utf8.h"

int
original_field(const struct dsn *d, const char *name, stralloc *value)
{
	const char *p = d->original;
	struct header_field f;
	size_t i;
	char c;

	while (p && header_next(&p, d->original + d->original_len, &f)) {
		if (!header_is(&f, name))
			continue;
		value->len = 0;
		for (i = 0; i < f.value_len; i++) {
			c = f.value[i];
			if (c == '\r' || c == '\n')
				continue;
			if (value->len == 0 && (c == ' ' || c == '\t'))
				continue;
			mem_check(stralloc_append(value, c));
		}
		while (value->len && strchr(" \t", value->s[value->len - 1]))
			value->len--;
		return value->len > 0;
	}
	return 0;
}

static int catch (void *arg, const char *s, size_t n)
{
	mem_check(stralloc_catb(arg, s, n));
	return 0;
}

/* Octets of the header; what is cut in the middle of a line loses it. */
static size_t
header_len(const struct dsn *d)
{
	const char *end = memmem(d->original, d->original_len, "\r\n\r\n", 4);
	const char *s = d->original;
	size_t n = end ? (size_t)(end + 2 - s) : d->original_len;

	if (n >= 2 && s[0] == '\r' && s[1] == '\n')
		return 0;
	while (n && s[n - 1] != '\n')
		n--;
	return n;
}

static void
put_headers(stralloc *out, const struct dsn *d)
{
	const struct recode_out to = { catch, out };
	size_t n = d->original ? header_len(d) : 0;
	int plain = put_is7bit(d->original, n);

	put_text(out,
	    "Content-Type: text/rfc822-headers\r\n"
	    "Content-Transfer-Encoding: ");
	put_text(out, plain ? "7bit\r\n\r\n" : "quoted-printable\r\n\r\n");
	if (n)
		(void)(plain ? recode_plain : recode_qp)(&to, d->original, n);
}

/* A header in UTF-8, RFC 6532; octets that are no characters make it nothing
 * better. */
static int
is_global(const struct dsn *d)
{
	size_t n = header_len(d);

	return utf8_high(d->original, n) && utf8_ok(d->original, n);
}

void
original_put(stralloc *out, const struct dsn *d)
{
	int plain;

	if (!d->iswhole || !put_is8bit(d->original, d->original_len)) {
		put_headers(out, d);
		return;
	}
	plain = put_is7bit(d->original, d->original_len);
	put_text(out, "Content-Type: ");
	put_text(out, is_global(d) ? "message/global" : "message/rfc822");
	put_text(out, "\r\nContent-Transfer-Encoding: ");
	put_text(out, plain ? "7bit\r\n\r\n" : "8bit\r\n\r\n");
	mem_check(stralloc_catb(out, d->original, d->original_len));
}
