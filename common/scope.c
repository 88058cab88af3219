#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "common/addr.h"
#include "common/chars.h"
#include "common/mem.h"
#include "common/scope.h"
#include "common/spool.h"

#define NAME_MAX_ 64 /* BUNDLE_NAMEMAX */

static const char *const names[SCOPE_KEYS] = { "destination", "id", "bundle",
	"tenant", "campaign", "sender", "stream", "route", "provider",
	"source" };

const char *
scope_name(enum scope_key key)
{
	return names[key];
}

int
scope_key(const char *s, size_t len)
{
	int i;

	for (i = 0; i < SCOPE_KEYS; i++)
		if (strlen(names[i]) == len && memcmp(names[i], s, len) == 0)
			return i;
	return -1;
}

/* A domain as a recipient has it, or something before or instead of it. */
static int
destination_ok(const char *s, size_t len)
{
	if (len == 1 && s[0] == '*')
		return 1;
	if (len && s[0] == '.') {
		s++;
		len--;
	}
	return addr_domain_ok(s, len);
}

/* A number without zeros in front that fits into 32 bits. */
static int
number_ok(const char *s)
{
	uint64_t v = 0;
	const char *p = s;

	if (!*p || (p[0] == '0' && p[1]))
		return 0;
	for (; *p >= '0' && *p <= '9' && v <= UINT32_MAX; p++)
		v = v * 10 + (uint64_t)(*p - '0');
	return !*p && v <= UINT32_MAX;
}

static int
bundle_ok(const char *s)
{
	struct spool_id id;

	return spool_idparse(s, &id);
}

/* A bundle's id, a hyphen, a number. */
static int
id_ok(char *s)
{
	char *hyphen = strrchr(s, '-');
	int good;

	if (!hyphen || !number_ok(hyphen + 1))
		return 0;
	*hyphen = '\0';
	good = bundle_ok(s);
	*hyphen = '-';
	return good;
}

static int
name_ok(const char *s, size_t len)
{
	return len <= NAME_MAX_ && chars_name(s, len);
}

static int
sender_ok(const char *s, size_t len)
{
	return len == 0 ||
	    (chars_clean(s, len) && memchr(s, '@', len) && s[len - 1] != '@');
}

/* Has one form, which is put in its place. */
static int
source_ok(char *s)
{
	unsigned char ip[16];
	int family = strchr(s, ':') ? AF_INET6 : AF_INET;

	return inet_pton(family, s, ip) == 1 &&
	    inet_ntop(family, ip, s, INET6_ADDRSTRLEN);
}

static int
value_ok(enum scope_key key, char *s, size_t len)
{
	if (strlen(s) != len)
		return 0;
	switch (key) {
	case SCOPE_DESTINATION:
		return destination_ok(s, len);
	case SCOPE_ID:
		return id_ok(s);
	case SCOPE_BUNDLE:
		return bundle_ok(s);
	case SCOPE_SENDER:
		return sender_ok(s, len);
	case SCOPE_PROVIDER:
		return len && name_ok(s, len);
	case SCOPE_SOURCE:
		return source_ok(s);
	default:
		return name_ok(s, len);
	}
}

int
scope_set(struct scope *sc, enum scope_key key, const char *s, size_t len)
{
	char *d = sc->value[key], *at;

	errno = EEXIST;
	if (scope_has(sc, key))
		return -1;
	errno = EINVAL;
	if (len > SCOPE_MAX)
		return -1;
	if (key == SCOPE_SENDER && len == 2 && memcmp(s, "<>", 2) == 0)
		len = 0;
	memcpy(d, s, len);
	d[len] = '\0';
	if (!value_ok(key, d, len))
		return -1;
	at = key == SCOPE_SENDER ? strrchr(d, '@') : d;
	if (key == SCOPE_DESTINATION || (key == SCOPE_SENDER && at))
		addr_lower(at, at, strlen(at));
	sc->len[key] = key == SCOPE_SOURCE ? strlen(d) : len;
	sc->given |= 1u << key;
	return 0;
}

int
scope_has(const struct scope *sc, enum scope_key key)
{
	return sc->given >> key & 1;
}

static int
same(const char *a, size_t alen, const char *b, size_t blen)
{
	return alen == blen && memcmp(a, b, alen) == 0;
}

static int
destination_match(const char *want, size_t n, const char *s, size_t len)
{
	if (want[0] == '*')
		return 1;
	if (want[0] == '.')
		return len > n && memcmp(s + len - n, want, n) == 0;
	return same(want, n, s, len);
}

/* Local parts are compared as they are, domains in any case. */
static int
sender_match(const char *want, size_t n, const char *s, size_t len)
{
	const char *at = memrchr(s, '@', len);
	size_t local = at ? (size_t)(at - s) : len;
	const char *wat = strrchr(want, '@');

	if (!wat || !at)
		return n == len && !n;
	if (len - local != n - (size_t)(wat - want) ||
	    strncasecmp(at, wat, len - local) != 0)
		return 0;
	return wat == want || same(want, (size_t)(wat - want), s, local);
}

int
scope_match(
    const struct scope *sc, enum scope_key key, const char *s, size_t len)
{
	const char *want = sc->value[key];

	if (!scope_has(sc, key))
		return 1;
	if (key == SCOPE_DESTINATION)
		return destination_match(want, sc->len[key], s, len);
	if (key == SCOPE_SENDER)
		return sender_match(want, sc->len[key], s, len);
	return same(want, sc->len[key], s, len);
}

int
scope_covers(const struct scope *sc, const struct scope *other)
{
	int i;

	if ((sc->given & other->given) != sc->given)
		return 0;
	for (i = 0; i < SCOPE_KEYS; i++)
		if (scope_has(sc, i) &&
		    !same(sc->value[i], sc->len[i], other->value[i],
			other->len[i]))
			return 0;
	return 1;
}

void
scope_put(stralloc *sa, const struct scope *sc)
{
	int i;

	field_putu8(sa, (uint8_t)__builtin_popcount(sc->given));
	for (i = 0; i < SCOPE_KEYS; i++) {
		if (!scope_has(sc, i))
			continue;
		field_putu8(sa, (uint8_t)i);
		field_putstr(sa, sc->value[i], sc->len[i]);
	}
}

int
scope_get(struct field *f, struct scope *sc)
{
	uint8_t n = field_getu8(f), key;
	const char *s;
	size_t len;

	sc->given = 0;
	while (n-- && !f->bad) {
		key = field_getu8(f);
		s = field_getstr(f, SCOPE_MAX, &len);
		if (f->bad || key >= SCOPE_KEYS ||
		    scope_set(sc, key, s, len) == -1 ||
		    !same(sc->value[key], sc->len[key], s, len))
			f->bad = 1;
	}
	errno = EINVAL;
	return f->bad ? -1 : 0;
}

void
scope_text(stralloc *sa, const struct scope *sc)
{
	const char *comma = "";
	const char *value;
	int i;

	for (i = 0; i < SCOPE_KEYS; i++) {
		if (!scope_has(sc, i))
			continue;
		value = sc->len[i]	? sc->value[i]
		    : i == SCOPE_SENDER ? "<>"
					: "(none)";
		mem_check(stralloc_cats(sa, comma) &&
		    stralloc_cats(sa, names[i]) && stralloc_append(sa, ' ') &&
		    stralloc_cats(sa, value));
		comma = ", ";
	}
	if (!*comma)
		mem_check(stralloc_cats(sa, "all"));
}
