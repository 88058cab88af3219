/*
 * header - the input as a message: its fields, their tokens, parameters and
 * addresses, and what mimefix makes of the body, which SMTP must be able to
 * carry.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/addrlist.h"
#include "common/mimefix.h"
#include "common/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

struct sink {
	struct wire w;
	stralloc sa;
};

static int
put(void *arg, const char *s, size_t n)
{
	struct sink *k = arg;

	k->sa.len = 0;
	if (wire_feed(&k->w, s, n, &k->sa) == -1)
		abort();
	return 0;
}

static int
each(void *arg, const char *s, size_t n)
{
	(void)arg;
	if (!n || n > ADDRLIST_MAX || !memchr(s, '@', n) || memchr(s, '\n', n))
		abort();
	return 0;
}

static void
look(const struct header_field *f, const char *s, const char *end)
{
	char buf[32];

	if (f->s < s || f->s + f->len > end || !f->name_len ||
	    f->value + f->value_len > f->s + f->len)
		abort();
	header_token(f, buf, sizeof buf);
	if (header_param(f, "boundary", buf, sizeof buf) &&
	    strlen(buf) >= sizeof buf)
		abort();
	if (addrlist_parse(f->value, f->value_len, "example.com", each, NULL) ==
	    -1)
		return;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const char *s = (const char *)data;
	const char *end = s + n;
	const char *p = s;
	struct sink k = { .sa = STRALLOC_ZERO };
	struct recode_out o = { put, &k };
	struct header_field f;
	struct mimefix m;

	if (!n || memchr(s, '\0', n)) /* input.h lets no NUL through */
		return 0;
	wire_init(&k.w);
	mimefix_init(&m);
	while (header_next(&p, end, &f)) {
		look(&f, s, end);
		mimefix_field(&m, &f);
		if (recode_header(&o, f.s, f.len) == -1)
			goto out;
	}
	if (mimefix_plan(&m, p, (size_t)(end - p)) == -1) {
		if (!m.why)
			abort();
	} else if (p < end && (p == s || p[-1] == '\n')) {
		if (mimefix_body(&m, &o, p, (size_t)(end - p)) == 0) {
			k.sa.len = 0;
			if (wire_end(&k.w, &k.sa) == -1)
				abort();
		} else if (!m.why)
			abort();
	}
out:
	stralloc_free(&k.sa);
	return 0;
}
