/* Domains in other characters than ASCII, and UTF-8. */
#include "common/addr.h"
#include "common/idn.h"
#include "common/utf8.h"
#include "t/lib/tap.h"

static void
becomes(const char *s, const char *want)
{
	char d[ADDR_DOMAINMAX + 1];
	size_t n = idn_ascii(d, s, strlen(s));

	d[n] = '\0';
	is_str(d, want, s);
}

static void
test_names(void)
{
	becomes("example.com", "example.com");
	becomes("EXAMPLE.Com", "example.com");
	becomes("_x.example.com", "_x.example.com");
	becomes("[192.0.2.1]", "[192.0.2.1]");
	becomes("[IPv6:2001:DB8::1]", "[ipv6:2001:db8::1]");
	becomes("b\303\274cher.example", "xn--bcher-kva.example");
	becomes("B\303\234CHER.example", "xn--bcher-kva.example");
	/* The same letter of two characters: NFC makes them one. */
	becomes("bu\314\210cher.example", "xn--bcher-kva.example");
	becomes("stra\303\237e.example", "xn--strae-oqa.example");
	becomes("xn--bcher-kva.example", "xn--bcher-kva.example");
	becomes("\344\276\213\343\201\210.\343\203\206\343\202\271\343\203\210",
	    "xn--r8jz45g.xn--zckzah");
	becomes("", "");
	becomes("a..b", "");
	becomes("a b", "");
	becomes("\303\244..example", "");
	becomes("\342\200\224.example", "");
	becomes("[b\303\274cher]", "");
	becomes("\303", "");
}

static void
test_limits(void)
{
	char s[300], d[ADDR_DOMAINMAX];
	size_t i;

	for (i = 0; i < sizeof s; i += 2)
		memcpy(s + i, "\303\244", 2);
	is_int(idn_ascii(d, s, 140), 0, "a label that gets too long");
	memset(s, 'a', sizeof s);
	is_int(idn_ascii(d, s, 256), 0, "256 octets");
	is_int(idn_ascii(d, "\303\244\0.example", 11), 0, "NUL");
}

static void
test_utf8(void)
{
	static const char *const good[] = { "a", "\302\200", "\337\277",
		"\340\240\200", "\355\237\277", "\356\200\200", "\357\277\277",
		"\360\220\200\200", "\364\217\277\277" };
	static const char *const bad[] = { "\200", "\277", "\300\200",
		"\301\277", "\302", "\302a", "\340\237\277", "\340\240",
		"\355\240\200", "\360\217\277\277", "\360\220\200",
		"\364\220\200\200", "\365\200\200\200", "\377" };
	size_t i;

	for (i = 0; i < sizeof good / sizeof *good; i++)
		ok(utf8_ok(good[i], strlen(good[i])), "UTF-8");
	for (i = 0; i < sizeof bad / sizeof *bad; i++)
		ok(!utf8_ok(bad[i], strlen(bad[i])), "not UTF-8");
	ok(utf8_ok("", 0) && !utf8_high("", 0), "nothing");
	ok(utf8_high("a\302\200b", 4) && !utf8_high("abc", 3), "high octets");
}

int
main(void)
{
	test_names();
	test_limits();
	test_utf8();
	return done_testing();
}
