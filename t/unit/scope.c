/* Selectors: what they take, and what they match. */
#include <errno.h>
#include <string.h>

#include "common/scope.h"
#include "t/lib/tap.h"

static int
set(struct scope *sc, enum scope_key key, const char *s)
{
	return scope_set(sc, key, s, strlen(s));
}

static void
values(void)
{
	static const struct {
		enum scope_key key;
		const char *s;
		int good;
	} t[] = {
		{ SCOPE_DESTINATION, "example.com", 1 },
		{ SCOPE_DESTINATION, ".Example.com", 1 },
		{ SCOPE_DESTINATION, "*", 1 },
		{ SCOPE_DESTINATION, "[192.0.2.1]", 1 },
		{ SCOPE_DESTINATION, "", 0 },
		{ SCOPE_DESTINATION, ".", 0 },
		{ SCOPE_DESTINATION, "*.example.com", 0 },
		{ SCOPE_DESTINATION, "a..b", 0 },
		{ SCOPE_DESTINATION, "a b", 0 },
		{ SCOPE_ID, "1795329685.M472203P18001Q0.vm-0", 1 },
		{ SCOPE_ID, "1795329685.M472203P18001Q0.vm-4294967295", 1 },
		{ SCOPE_ID, "1795329685.M472203P18001Q0.vm-4294967296", 0 },
		{ SCOPE_ID, "1795329685.M472203P18001Q0.vm-00", 0 },
		{ SCOPE_ID, "1795329685.M472203P18001Q0.vm-", 0 },
		{ SCOPE_ID, "1795329685.M472203P18001Q0.vm", 0 },
		{ SCOPE_ID, "-0", 0 },
		{ SCOPE_ID, "../etc-0", 0 },
		{ SCOPE_BUNDLE, "1795329685.M472203P18001Q0.vm", 1 },
		{ SCOPE_BUNDLE, "x", 0 },
		{ SCOPE_TENANT, "", 1 },
		{ SCOPE_CAMPAIGN, "a.B-c_9", 1 },
		{ SCOPE_CAMPAIGN, "a b", 0 },
		{ SCOPE_STREAM, "a\n", 0 },
		{ SCOPE_ROUTE, "\xc3\xbc", 0 },
		{ SCOPE_PROVIDER, "p", 1 },
		{ SCOPE_PROVIDER, "", 0 },
		{ SCOPE_PROVIDER, "a b", 0 },
		{ SCOPE_SOURCE, "192.0.2.1", 1 },
		{ SCOPE_SOURCE, "2001:DB8::0:1", 1 },
		{ SCOPE_SOURCE, "192.0.2", 0 },
		{ SCOPE_SOURCE, "", 0 },
		{ SCOPE_SOURCE, "mx.example", 0 },
		{ SCOPE_SENDER, "", 1 },
		{ SCOPE_SENDER, "<>", 1 },
		{ SCOPE_SENDER, "a@b.example", 1 },
		{ SCOPE_SENDER, "@b.example", 1 },
		{ SCOPE_SENDER, "\"a@b\"@c.example", 1 },
		{ SCOPE_SENDER, "a", 0 },
		{ SCOPE_SENDER, "a@", 0 },
		{ SCOPE_SENDER, "a\t@b", 0 },
	};
	char name[200];
	size_t i;

	for (i = 0; i < sizeof t / sizeof *t; i++) {
		struct scope sc = { 0 };

		snprintf(name, sizeof name, "%s \"%s\" is %s",
		    scope_name(t[i].key), t[i].s, t[i].good ? "taken" : "not");
		is_int(set(&sc, t[i].key, t[i].s) == 0, t[i].good, name);
	}
}

static void
limits(void)
{
	struct scope sc = { 0 };
	char s[SCOPE_MAX + 2];

	memset(s, 'a', sizeof s);
	is_int(scope_set(&sc, SCOPE_TENANT, s, 65), -1, "a name of 65");
	is_int(scope_set(&sc, SCOPE_TENANT, s, 64), 0, "of 64");
	s[0] = '@';
	is_int(scope_set(&sc, SCOPE_SENDER, s, SCOPE_MAX + 1), -1,
	    "a sender of 321");
	is_int(scope_set(&sc, SCOPE_SENDER, s, SCOPE_MAX), 0, "of 320");
	errno = 0;
	ok(scope_set(&sc, SCOPE_SENDER, s, 3) == -1 && errno == EEXIST,
	    "a second one");
	sc.given = 0;
	is_int(scope_set(&sc, SCOPE_TENANT, "a\0b", 3), -1, "a zero octet");
}

static void
matches(void)
{
	static const struct {
		enum scope_key key;
		const char *want, *s;
		int match;
	} t[] = {
		{ SCOPE_DESTINATION, "*", "a.example", 1 },
		{ SCOPE_DESTINATION, "A.example", "a.example", 1 },
		{ SCOPE_DESTINATION, "a.example", "b.a.example", 0 },
		{ SCOPE_DESTINATION, ".a.example", "b.a.example", 1 },
		{ SCOPE_DESTINATION, ".a.example", "c.b.a.example", 1 },
		{ SCOPE_DESTINATION, ".a.example", "a.example", 0 },
		{ SCOPE_DESTINATION, ".a.example", "ba.example", 0 },
		{ SCOPE_TENANT, "t", "t", 1 },
		{ SCOPE_TENANT, "t", "T", 0 },
		{ SCOPE_TENANT, "t", "", 0 },
		{ SCOPE_TENANT, "", "", 1 },
		{ SCOPE_TENANT, "", "t", 0 },
		{ SCOPE_PROVIDER, "p", "p", 1 },
		{ SCOPE_PROVIDER, "p", "", 0 },
		{ SCOPE_SENDER, "<>", "", 1 },
		{ SCOPE_SENDER, "<>", "a@b", 0 },
		{ SCOPE_SENDER, "a@B.example", "a@b.Example", 1 },
		{ SCOPE_SENDER, "a@b.example", "A@b.example", 0 },
		{ SCOPE_SENDER, "a@b.example", "xa@b.example", 0 },
		{ SCOPE_SENDER, "a@b.example", "", 0 },
		{ SCOPE_SENDER, "@b.example", "x@B.example", 1 },
		{ SCOPE_SENDER, "@b.example", "x@a.b.example", 0 },
		{ SCOPE_SENDER, "@b.example", "\"x@b.example\"@c", 0 },
		{ SCOPE_SENDER, "@b.example", "", 0 },
	};
	char name[200];
	size_t i;

	for (i = 0; i < sizeof t / sizeof *t; i++) {
		struct scope sc = { 0 };

		snprintf(name, sizeof name, "\"%s\" %s \"%s\"", t[i].want,
		    t[i].match ? "matches" : "does not match", t[i].s);
		if (set(&sc, t[i].key, t[i].want) == -1)
			ok(0, "it can be set");
		is_int(scope_match(&sc, t[i].key, t[i].s, strlen(t[i].s)),
		    t[i].match, name);
		is_int(scope_match(&sc, SCOPE_ROUTE, "r", 1), 1,
		    "what is not asked for matches");
	}
}

static void
together(void)
{
	struct scope one = { 0 }, two = { 0 }, none = { 0 }, got;
	stralloc sa = STRALLOC_ZERO;
	struct field f;

	is_int(set(&one, SCOPE_TENANT, "t"), 0, "one selector");
	is_int(set(&two, SCOPE_TENANT, "t") + set(&two, SCOPE_SENDER, "<>"), 0,
	    "two selectors");
	is_int(scope_covers(&one, &two), 1, "one covers two");
	is_int(scope_covers(&two, &one), 0, "not the other way");
	is_int(scope_covers(&none, &one), 1, "none covers all");
	scope_put(&sa, &two);
	field_start(&f, sa.s, sa.len);
	ok(scope_get(&f, &got) == 0 && field_end(&f) &&
		got.given == two.given && scope_covers(&two, &got),
	    "as fields and back");
	sa.s[0] = 3;
	field_start(&f, sa.s, sa.len);
	is_int(scope_get(&f, &got), -1, "one that is missing");
	sa.len = 0;
	scope_text(&sa, &two);
	ok(sa.len == 19 && memcmp(sa.s, "tenant t, sender <>", 19) == 0,
	    "as text");
	sa.len = 0;
	scope_text(&sa, &none);
	ok(sa.len == 3 && memcmp(sa.s, "all", 3) == 0, "none as text");
	sa.len = 0;
	field_putu8(&sa, 1);
	field_putu8(&sa, SCOPE_DESTINATION);
	field_putstr(&sa, "A.example", 9);
	field_start(&f, sa.s, sa.len);
	is_int(scope_get(&f, &got), -1, "a domain in upper case as field");
	stralloc_free(&sa);
}

int
main(void)
{
	values();
	limits();
	matches();
	together();
	is_int(scope_key("campaign", 8), SCOPE_CAMPAIGN, "a key by its name");
	is_int(scope_key("campaigns", 9), -1, "no key");
	return done_testing();
}
