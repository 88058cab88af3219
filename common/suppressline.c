#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "common/crc32c.h"
#include "common/mem.h"
#include "common/suppressline.h"

#define FIELDS 8
#define HEX(n) (2 * (n) + 1)

static const char digits[] = "0123456789abcdef";

struct word {
	const char *s;
	size_t n;
};

static void
escape(stralloc *sa, const char *s, size_t n)
{
	unsigned char c;
	size_t i;

	for (i = 0; i < n; i++) {
		c = (unsigned char)s[i];
		if (c > ' ' && c < 127 && c != '%' && c != '=' &&
		    (i || c != '-')) {
			mem_check(stralloc_append(sa, (char)c));
			continue;
		}
		mem_check(stralloc_append(sa, '%') &&
		    stralloc_append(sa, digits[c >> 4]) &&
		    stralloc_append(sa, digits[c & 15]));
	}
}

static int
unescape(char *d, size_t max, const char *s, size_t n)
{
	size_t i, len = 0, got;
	unsigned char c;

	for (i = 0; i < n; i++) {
		c = (unsigned char)s[i];
		if (c == '%') {
			if (n - i < 3 ||
			    sodium_hex2bin(
				&c, 1, s + i + 1, 2, NULL, &got, NULL) == -1 ||
			    got != 1)
				return -1;
			i += 2;
		}
		if (len == max || !c)
			return -1;
		d[len++] = (char)c;
	}
	d[len] = '\0';
	return 0;
}

/* A word that may be empty. */
static void
put_text(stralloc *sa, const char *s)
{
	if (*s)
		escape(sa, s, strlen(s));
	else
		mem_check(stralloc_append(sa, '-'));
	mem_check(stralloc_append(sa, ' '));
}

static int
get_text(char *d, size_t max, const struct word *w)
{
	if (w->n == 1 && *w->s == '-') {
		*d = '\0';
		return 0;
	}
	return unescape(d, max, w->s, w->n);
}

static void
put_scope(stralloc *sa, const struct suppress_entry *e)
{
	char hex[HEX(TOKEN_CAMPAIGN)];

	switch (e->scope) {
	case SUPPRESS_EVERYWHERE:
		mem_check(stralloc_cats(sa, "*"));
		return;
	case SUPPRESS_TENANT:
		mem_check(stralloc_cats(sa, "tenant="));
		break;
	case SUPPRESS_STREAM:
		mem_check(stralloc_cats(sa, "stream="));
		break;
	case SUPPRESS_LIST:
		sodium_bin2hex(hex, sizeof hex, e->list, sizeof e->list);
		mem_check(stralloc_cats(sa, "list=") && stralloc_cats(sa, hex));
		if (!e->name[0])
			return;
		mem_check(stralloc_append(sa, '='));
		break;
	default:
		mem_check(stralloc_cats(sa, "any"));
		return;
	}
	escape(sa, e->name, strlen(e->name));
}

void
suppressline_put(stralloc *sa, char op, const struct suppress_entry *e)
{
	char b[64], hex[HEX(TOKEN_ADDRESS)];
	size_t from = sa->len;
	int n;

	sodium_bin2hex(hex, sizeof hex, e->address, sizeof e->address);
	n = snprintf(b, sizeof b, "%c %s ", op, hex);
	mem_check(stralloc_catb(sa, b, (size_t)n));
	put_text(sa, e->text);
	n = snprintf(b, sizeof b, "%" PRIu32 " %s ", e->time,
	    e->reason == SUPPRESS_ANY ? "any"
				      : suppress_reason_name(e->reason));
	mem_check(stralloc_catb(sa, b, (size_t)n));
	put_scope(sa, e);
	mem_check(stralloc_append(sa, ' '));
	put_text(sa, e->note);
	n = snprintf(b, sizeof b, "%08" PRIx32 "\n",
	    crc32c(0, sa->s + from, sa->len - from));
	mem_check(stralloc_catb(sa, b, (size_t)n));
}

static int
get_hex(unsigned char *d, size_t n, const char *s, size_t len)
{
	size_t got;

	return len == 2 * n &&
	    sodium_hex2bin(d, n, s, len, NULL, &got, NULL) == 0 && got == n;
}

static int
is_prefix(struct word *w, const char *prefix)
{
	size_t n = strlen(prefix);

	if (w->n < n || memcmp(w->s, prefix, n) != 0)
		return 0;
	w->s += n;
	w->n -= n;
	return 1;
}

static int
get_list(struct suppress_entry *e, struct word w)
{
	const size_t n = 2 * sizeof e->list;

	e->scope = SUPPRESS_LIST;
	if (w.n < n || !get_hex(e->list, sizeof e->list, w.s, n))
		return 0;
	if (w.n == n)
		return 1;
	return w.s[n] == '=' &&
	    unescape(e->name, SUPPRESS_NAMEMAX, w.s + n + 1, w.n - n - 1) == 0;
}

static int
get_scope(struct suppress_entry *e, struct word w, int any)
{
	if (w.n == 1 && *w.s == '*') {
		e->scope = SUPPRESS_EVERYWHERE;
		return 1;
	}
	if (any && w.n == 3 && memcmp(w.s, "any", 3) == 0) {
		e->scope = SUPPRESS_ANY;
		return 1;
	}
	if (is_prefix(&w, "list="))
		return get_list(e, w);
	if (is_prefix(&w, "tenant="))
		e->scope = SUPPRESS_TENANT;
	else if (is_prefix(&w, "stream="))
		e->scope = SUPPRESS_STREAM;
	else
		return 0;
	return unescape(e->name, SUPPRESS_NAMEMAX, w.s, w.n) == 0;
}

static int
get_reason(struct suppress_entry *e, const struct word *w, int any)
{
	int r = suppress_reason(w->s, w->n);

	if (any && w->n == 3 && memcmp(w->s, "any", 3) == 0)
		r = SUPPRESS_ANY;
	e->reason = (uint8_t)r;
	return r != -1;
}

static int
get_time(struct suppress_entry *e, const struct word *w)
{
	uint64_t t = 0;
	size_t i;

	if (!w->n || w->n > 10)
		return 0;
	for (i = 0; i < w->n; i++) {
		if (w->s[i] < '0' || w->s[i] > '9')
			return 0;
		t = t * 10 + (uint64_t)(w->s[i] - '0');
	}
	e->time = (uint32_t)t;
	return t <= UINT32_MAX;
}

/* The words of a line, exactly so many. */
static int
split(const char *s, size_t n, struct word w[FIELDS])
{
	const char *blank;
	int i;

	for (i = 0; i < FIELDS - 1; i++) {
		blank = memchr(s, ' ', n);
		if (!blank)
			return 0;
		w[i].s = s;
		w[i].n = (size_t)(blank - s);
		n -= w[i].n + 1;
		s = blank + 1;
	}
	w[i].s = s;
	w[i].n = n;
	return n == 8;
}

int
suppressline_get(
    const char *s, size_t n, char *op_r, struct suppress_entry *e_r)
{
	struct word w[FIELDS];
	char crc[9];
	int any;

	if (n >= SUPPRESSLINE_MAX || !split(s, n, w))
		return 0;
	snprintf(crc, sizeof crc, "%08" PRIx32, crc32c(0, s, n - 8));
	if (memcmp(crc, w[7].s, 8) != 0 || w[0].n != 1 ||
	    (*w[0].s != '+' && *w[0].s != '-'))
		return 0;
	memset(e_r, 0, sizeof *e_r);
	*op_r = *w[0].s;
	any = *op_r == '-';
	return get_hex(e_r->address, sizeof e_r->address, w[1].s, w[1].n) &&
	    get_text(e_r->text, ADDR_MAX, &w[2]) == 0 && get_time(e_r, &w[3]) &&
	    get_reason(e_r, &w[4], any) && get_scope(e_r, w[5], any) &&
	    get_text(e_r->note, SUPPRESS_NOTEMAX, &w[6]) == 0;
}
