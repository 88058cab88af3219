/* Addresses: what splits where, and what is refused with which errno. */
#include <errno.h>
#include <stdlib.h>

#include "common/addr.h"
#include "t/lib/tap.h"

static void
good(const char *s, size_t local_len)
{
	struct addr a;
	size_t n = strlen(s);

	ok(!addr_split(s, n, &a) && a.local == s && a.local_len == local_len &&
		a.domain == s + local_len + 1 &&
		a.domain_len == n - local_len - 1,
	    s);
}

static void
bad(const char *s, size_t n, int want, const char *name)
{
	struct addr a;
	char *copy;
	int r;

	/* A copy of exactly n octets, so that the sanitiser sees overruns. */
	copy = malloc(n + !n);
	if (!copy)
		return;
	memcpy(copy, s, n);
	errno = 0;
	r = addr_split(copy, n, &a);
	is_int(r == -1 ? errno : 0, want, name);
	free(copy);
}

static void
refuse(const char *s, int want)
{
	bad(s, strlen(s), want, s);
}

static void
test_refused(void)
{
	static const char *const list[] = { "", "a", "@", "@example.com", "a@",
		"a@.example.com", "a@example.com.", "a@example..com", "a b@x.y",
		"<a@example.com>", "a@b@example.com", "@r.example:a@b.example",
		"\"a@example.com", "\"a\"b@example.com", "\"a\\\"@example.com",
		"a@[192.0.2.1", "a@[192.0.2.256]", "a@[]", "a@[IPv6:]",
		"a@[IPv6:192.0.2.1]", "a@[2001:db8::1]", "a@exam ple.com",
		"a@example.com ", " a@example.com", "a(b)@example.com",
		"a,b@example.com", "a@exa*mple.com", "\"", "\"\\", "a@[" };
	size_t i;

	for (i = 0; i < sizeof list / sizeof list[0]; i++)
		refuse(list[i], EINVAL);
	refuse("\351@example.com", EILSEQ);
	refuse("a@ex\344mple.com", EILSEQ);
	refuse("\302\205@example.com", EILSEQ);
	refuse("a@ex\303\244mple..com", EINVAL);
	refuse("a@ex\303\244m ple.com", EINVAL);
	refuse("a@[ex\303\244mple]", EINVAL);
	refuse("a\t@example.com", EILSEQ);
	refuse("a\r\n@example.com", EILSEQ);
	refuse("a\177@example.com", EILSEQ);
	bad("a\0b@example.com", 15, EILSEQ, "NUL in the local part");
	bad("a@[192.0.2.1\0]", 14, EILSEQ, "NUL in a literal");
}

/* RFC 6531 3.3 */
static void
test_international(void)
{
	struct addr a;

	good("\303\251@example.com", 2);
	good("a@ex\303\244mple.com", 1);
	good("\"\303\251 b\"@example.com", 6);
	ok(!addr_split("\303\251@example.com", 14, &a) && a.utf8 && !a.idn,
	    "a local part that is not ASCII");
	ok(!addr_split("a@ex\303\244mple.com", 14, &a) && !a.utf8 && a.idn,
	    "a domain that is not");
	ok(!addr_split("a@example.com", 13, &a) && !a.utf8 && !a.idn,
	    "neither");
}

static void
test_limits(void)
{
	char s[600];
	struct addr a;
	int i;

	memset(s, 'a', sizeof s);
	memcpy(s + 64, "@example.com", 12);
	ok(!addr_split(s, 76, &a) && a.local_len == 64, "local part of 64");
	memset(s, 'a', sizeof s);
	memcpy(s + 65, "@example.com", 12);
	bad(s, 77, ENAMETOOLONG, "local part of 65");
	memcpy(s, "a@", 2);
	for (i = 2; i < 600; i++)
		s[i] = i % 50 ? 'x' : '.';
	ok(!addr_split(s, 254, &a) && a.domain_len == 252, "254 octets");
	bad(s, 255, ENAMETOOLONG, "255 octets");
	bad(s, 600, ENAMETOOLONG, "600 octets");
	memset(s + 2, 'x', 64);
	bad(s, 65, 0, "a label of 63");
	bad(s, 66, EINVAL, "a label of 64");
}

int
main(void)
{
	char low[6];

	good("user@example.com", 4);
	good("a.b+tag=x@sub.example.com", 9);
	good("a..b@example.com", 4);
	good(".a.@example.com", 3);
	good("\"a b\"@example.com", 5);
	good("\"a@b\"@example.com", 5);
	good("\"a\\\"b\"@example.com", 6);
	good("\"\"@example.com", 2);
	good("a@[192.0.2.1]", 1);
	good("a@[IPv6:2001:db8::1]", 1);
	good("a@[ipv6:::1]", 1);
	good("a@localhost", 1);
	good("a@_dmarc.ex-ample.com", 1);
	good("!#$%&'*+-/=?^_`{|}~@example.com", 19);
	test_refused();
	test_international();
	test_limits();
	ok(addr_domain_ok("a.b", 3) && !addr_domain_ok("a..b", 4) &&
		!addr_domain_ok("", 0) && !addr_domain_ok("a b", 3),
	    "domains by themselves");
	addr_lower(low, "AZ[@\303a", 6);
	ok(!memcmp(low, "az[@\303a", 6), "lower case, ASCII only");
	return done_testing();
}
