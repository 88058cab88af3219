#include <string.h>

#include "cmd/dray-keys/keypair.h"
#include "cmd/dray-keys/record.h"
#include "common/mem.h"

#define STRINGMAX 255 /* octets of one string of a record (RFC 1035 3.3.14) */

void
record_put(const char *domain, const char *selector,
    const struct evp_pkey_st *k, FILE *out)
{
	stralloc text = STRALLOC_ZERO, p = STRALLOC_ZERO;
	size_t i, n;

	keypair_public(k, &p);
	mem_check(stralloc_cats(&text, "v=DKIM1; k=") &&
	    stralloc_cats(&text, keypair_names[keypair_kind(k)]) &&
	    stralloc_cats(&text, "; p=") && stralloc_catb(&text, p.s, p.len));
	fprintf(out, "%s._domainkey.%s. IN TXT (", selector, domain);
	for (i = 0; i < text.len; i += n) {
		n = text.len - i < STRINGMAX ? text.len - i : STRINGMAX;
		fprintf(out, "\n    \"%.*s\"", (int)n, text.s + i);
	}
	fputs(" )\n", out);
	stralloc_free(&text);
	stralloc_free(&p);
}

static int
isblank_(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The value of a tag (RFC 6376 3.2) without white space; 1, or 0: no such tag. */
static int
get_tag(const char *s, size_t n, char tag, stralloc *out)
{
	const char *end = s + n;
	int mine;

	out->len = 0;
	while (s < end) {
		while (s < end && isblank_(*s))
			s++;
		mine = s < end && *s++ == tag;
		while (s < end && isblank_(*s))
			s++;
		mine = mine && s < end && *s == '=';
		for (s += mine; s < end && *s != ';'; s++)
			if (mine && !isblank_(*s))
				mem_check(stralloc_catb(out, s, 1));
		s++;
		if (mine)
			return 1;
	}
	return 0;
}

static int
is(const stralloc *a, const char *s)
{
	return a->len == strlen(s) && (!a->len || !memcmp(a->s, s, a->len));
}

const char *
record_check(const char *text, size_t n, const struct evp_pkey_st *k)
{
	const char *kind = keypair_names[keypair_kind(k)], *wrong = NULL;
	stralloc v = STRALLOC_ZERO, own = STRALLOC_ZERO;

	keypair_public(k, &own);
	if (get_tag(text, n, 'v', &v) && !is(&v, "DKIM1"))
		wrong = "the record is none of DKIM";
	else if (get_tag(text, n, 'k', &v) ? !is(&v, kind)
					   : strcmp(kind, "rsa") != 0)
		wrong = "the record is for another kind of key";
	else if (!get_tag(text, n, 'p', &v))
		wrong = "the record has no key";
	else if (!v.len)
		wrong = "the record says that the key is revoked";
	else if (v.len != own.len || memcmp(v.s, own.s, v.len) != 0)
		wrong = "the record has another key";
	stralloc_free(&v);
	stralloc_free(&own);
	return wrong;
}
