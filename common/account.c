#include <string.h>

#include "common/account.h"
#include "common/chars.h"

#define VERSION 1

static void
put(stralloc *sa, const char *s)
{
	field_putstr(sa, s, strlen(s));
}

void
account_put(stralloc *sa, const struct account *a)
{
	field_putu8(sa, a->control);
	field_putu32(sa, a->recipients);
	field_putu64(sa, a->quota);
	field_putu64(sa, a->rate);
	put(sa, a->stream);
	put(sa, a->route);
	put(sa, a->tenant);
	put(sa, a->domains);
}

void
account_pack(stralloc *sa, const struct account *a)
{
	field_putu8(sa, VERSION);
	put(sa, a->hash);
	account_put(sa, a);
}

/* Printable, as dray-users writes them all. */
static void
get(struct field *r, char *d, size_t size)
{
	size_t n;
	const char *s = field_getstr(r, size - 1, &n);

	if (!chars_ascii(s, n)) {
		r->bad = 1;
		n = 0;
	}
	memcpy(d, s, n);
	d[n] = '\0';
}

void
account_get(struct field *r, struct account *a)
{
	a->control = field_getu8(r);
	a->recipients = field_getu32(r);
	a->quota = field_getu64(r);
	a->rate = field_getu64(r);
	get(r, a->stream, sizeof a->stream);
	get(r, a->route, sizeof a->route);
	get(r, a->tenant, sizeof a->tenant);
	get(r, a->domains, sizeof a->domains);
}

int
account_unpack(struct account *a, const void *s, size_t n)
{
	struct field r;

	memset(a, 0, sizeof *a);
	field_start(&r, s, n);
	if (field_getu8(&r) != VERSION)
		return -1;
	get(&r, a->hash, sizeof a->hash);
	account_get(&r, a);
	return field_end(&r) ? 0 : -1;
}

int
account_name_ok(const char *s, size_t n)
{
	return n && n <= ACCOUNT_NAMEMAX && chars_ascii(s, n) &&
	    !memchr(s, ' ', n);
}

int
account_password_ok(const char *s, size_t n)
{
	return n && n <= ACCOUNT_PASSWORDMAX && chars_clean(s, n);
}
