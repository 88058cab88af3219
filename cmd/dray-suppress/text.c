#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <sodium.h>

#include "cmd/dray-suppress/text.h"
#include "common/chars.h"
#include "common/mem.h"

#define FIELDS 5
#define DATE 10 /* octets of YYYY-MM-DD */
#define TIME 20 /* and of all of it */

static const struct {
	const char *prefix;
	enum suppress_scope scope;
} scopes[] = {
	{ "tenant=", SUPPRESS_TENANT },
	{ "list=", SUPPRESS_LIST },
	{ "stream=", SUPPRESS_STREAM },
};
#define SCOPES (sizeof scopes / sizeof *scopes)

static void
put_hex(stralloc *sa, const unsigned char *d, size_t n)
{
	char hex[2 * TOKEN_ADDRESS + 1];

	sodium_bin2hex(hex, sizeof hex, d, n);
	mem_check(stralloc_append(sa, '%') && stralloc_cats(sa, hex));
}

static void
put_scope(stralloc *sa, const struct suppress_entry *e)
{
	size_t i;

	for (i = 0; i < SCOPES && scopes[i].scope != e->scope; i++)
		;
	mem_check(stralloc_cats(sa, i == SCOPES ? "*" : scopes[i].prefix));
	if (e->scope == SUPPRESS_LIST && !e->name[0])
		put_hex(sa, e->list, sizeof e->list);
	else if (i < SCOPES)
		mem_check(stralloc_cats(sa, e->name));
}

void
text_put(stralloc *sa, const struct suppress_entry *e)
{
	char date[32];
	time_t t = e->time;
	struct tm tm;

	if (e->text[0])
		mem_check(stralloc_cats(sa, e->text));
	else
		put_hex(sa, e->address, sizeof e->address);
	if (!gmtime_r(&t, &tm) ||
	    !strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%SZ", &tm))
		date[0] = '\0';
	mem_check(stralloc_append(sa, '\t') &&
	    stralloc_cats(sa, suppress_reason_name(e->reason)) &&
	    stralloc_append(sa, '\t') && stralloc_cats(sa, date) &&
	    stralloc_append(sa, '\t'));
	put_scope(sa, e);
	mem_check(stralloc_append(sa, '\t') && stralloc_cats(sa, e->note) &&
	    stralloc_append(sa, '\n'));
}

const char *
text_reason(struct suppress_entry *e, const char *s, size_t n)
{
	int r = suppress_reason(s, n);

	if (r == -1)
		return "that is no reason";
	e->reason = (uint8_t)r;
	return NULL;
}

const char *
text_time(struct suppress_entry *e, const char *s, size_t n)
{
	struct tm tm = { .tm_isdst = 0 };
	char b[TIME + 1];
	const char *end;
	time_t t;
	int day;

	if (n != DATE && n != TIME)
		return "that is no time";
	memcpy(b, s, n);
	b[n] = '\0';
	end = strptime(b, n == DATE ? "%Y-%m-%d" : "%Y-%m-%dT%H:%M:%SZ", &tm);
	day = tm.tm_mday;
	t = end && !*end ? timegm(&tm) : -1;
	if (t < 0 || t > UINT32_MAX || tm.tm_mday != day)
		return "that is no time";
	e->time = (uint32_t)t;
	return NULL;
}

static int
get_hex(unsigned char *d, size_t len, const char *s, size_t n)
{
	size_t got;

	return n == 2 * len + 1 && *s == '%' &&
	    sodium_hex2bin(d, len, s + 1, n - 1, NULL, &got, NULL) == 0 &&
	    got == len;
}

const char *
text_scope(struct suppress_entry *e, const struct token_keys *k, const char *s,
    size_t n)
{
	size_t i, len;

	if (n == 1 && *s == '*') {
		e->scope = SUPPRESS_EVERYWHERE;
		e->name[0] = '\0';
		return NULL;
	}
	for (i = 0; i < SCOPES; i++) {
		len = strlen(scopes[i].prefix);
		if (n < len || memcmp(s, scopes[i].prefix, len) != 0)
			continue;
		s += len;
		n -= len;
		if (scopes[i].scope == SUPPRESS_LIST &&
		    get_hex(e->list, sizeof e->list, s, n)) {
			e->scope = SUPPRESS_LIST;
			e->name[0] = '\0';
			return NULL;
		}
		if (suppress_scope(e, k, scopes[i].scope, s, n) == 0)
			return NULL;
		break;
	}
	return "that is no scope";
}

static const char *
get_address(struct suppress_entry *e, const struct token_keys *k, const char *s,
    size_t n)
{
	if (get_hex(e->address, sizeof e->address, s, n)) {
		e->text[0] = '\0';
		return NULL;
	}
	if (suppress_address(e, k, s, n) == 0)
		return NULL;
	return errno == ENAMETOOLONG ? "the address is too long"
				     : "that is no address";
}

const char *
text_note(struct suppress_entry *e, const char *s, size_t n)
{
	if (n > SUPPRESS_NOTEMAX)
		return "the note is too long";
	if (!chars_clean(s, n))
		return "the note has control characters";
	memcpy(e->note, s, n);
	e->note[n] = '\0';
	return NULL;
}

static const char *
get_field(struct suppress_entry *e, const struct token_keys *k, int i,
    const char *s, size_t n)
{
	if (i && !n)
		return NULL;
	switch (i) {
	case 0:
		return get_address(e, k, s, n);
	case 1:
		return text_reason(e, s, n);
	case 2:
		return text_time(e, s, n);
	case 3:
		return text_scope(e, k, s, n);
	case 4:
		return text_note(e, s, n);
	default:
		return "there are more than five fields";
	}
}

const char *
text_get(struct suppress_entry *e, const struct token_keys *k, const char *s,
    size_t n)
{
	const char *end = s + n, *tab, *wrong = NULL;
	int i;

	for (i = 0; s <= end && !wrong; i++, s = tab + 1) {
		tab = memchr(s, '\t', (size_t)(end - s));
		if (!tab)
			tab = end;
		wrong = get_field(e, k, i, s, (size_t)(tab - s));
	}
	return wrong;
}
