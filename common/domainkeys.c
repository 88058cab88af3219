#include <stdio.h>
#include <string.h>

#include "common/dkim.h"
#include "common/domainkeys.h"
#include "common/header.h"
#include "common/mem.h"
#include "common/signfield.h"
#include "common/signproto.h"

static int
isspace_(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* 1, or 0 where there is no more room.  A verifier then finds more instances than
 * were signed, if that was one of them: such a header is nobody's. */
static int
add_name(struct domainkeys *d, const struct header_field *f)
{
	size_t n = f->name_len;

	if (sizeof d->names - d->n < n + 1)
		return 0;
	if (d->n != 2) /* "h=" */
		d->names[d->n++] = ':';
	memcpy(d->names + d->n, f->s, n);
	d->n += n;
	return 1;
}

static void
add_field(struct domainkeys *d, const struct header_field *f)
{
	size_t i;

	for (i = 0; i < f->len; i++)
		if (!isspace_(f->s[i]))
			digest_put(&d->digest, f->s[i]);
	digest_add(&d->digest, "\r\n", 2);
}

void
domainkeys_start(struct domainkeys *d, const char *header, size_t n)
{
	const char *p = header, *end = header + n, *before;
	struct header_field f;

	digest_start(&d->digest, DIGEST_SHA1);
	memcpy(d->names, "h=", 2);
	d->n = 2;
	d->text = d->begun = d->stuffed = 0;
	/* The line that ends the header counts if more follows. */
	d->blank = 1;
	for (;;) {
		before = p;
		if (header_next(&p, end, &f)) {
			if (dkim_signs(&f) && add_name(d, &f))
				add_field(d, &f);
		} else if (p == before && p < end) {
			p = header_nextline(p, end);
		} else {
			return;
		}
	}
}

void
domainkeys_stuffed(struct domainkeys *d)
{
	d->stuffed = 1;
}

static void
end_line(struct domainkeys *d)
{
	if (d->text)
		digest_add(&d->digest, "\r\n", 2);
	else
		d->blank++;
	d->text = d->begun = 0;
}

void
domainkeys_feed(struct domainkeys *d, const char *s, size_t n)
{
	int first;

	for (; n; s++, n--) {
		if (*s == '\n') {
			end_line(d);
			continue;
		}
		first = !d->begun;
		d->begun = 1;
		if (isspace_(*s) || (first && *s == '.' && d->stuffed))
			continue;
		for (; d->blank; d->blank--)
			digest_add(&d->digest, "\r\n", 2);
		digest_put(&d->digest, *s);
		d->text = 1;
	}
}

void
domainkeys_end(struct domainkeys *d, unsigned char digest_r[DOMAINKEYS_DIGEST])
{
	if (d->text)
		end_line(d);
	digest_end(&d->digest, digest_r);
}

void
domainkeys_begin(const struct domainkeys *d, stralloc *out, const char *domain,
    const char *selector)
{
	char text[SIGN_DOMAINMAX + 8];

	signfield_text(out, "", "DomainKey-Signature: a=rsa-sha1; c=nofws;");
	signfield_text(out, " ", "q=dns;");
	snprintf(text, sizeof text, "d=%.*s;", SIGN_DOMAINMAX, domain);
	signfield_text(out, " ", text);
	snprintf(text, sizeof text, "s=%.*s;", SIGN_SELECTORMAX, selector);
	signfield_text(out, " ", text);
	signfield_list(out, d->names, d->n);
	mem_check(stralloc_cats(out, ";\r\n\tb="));
}

void
domainkeys_free(struct domainkeys *d)
{
	digest_free(&d->digest);
}
