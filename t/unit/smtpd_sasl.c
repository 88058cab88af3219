/* What clients say to log in. */
#include "cmd/dray-smtpd/sasl.h"
#include "t/lib/tap.h"

static void
base64(void)
{
	/* clang-format off */
	static const struct {
		const char *s;
		int good;
	} it[] = {
		{ "", 1 }, { "YQ==", 1 }, { "YWI=", 1 }, { "YWJj", 1 },
		{ "YQ=", 0 }, { "YQ", 0 }, { "YR==", 0 }, { "YQ==YQ==", 0 },
		{ "YQ== ", 0 }, { " YQ==", 0 }, { "Y Q=", 0 }, { "=", 0 },
		{ "Y-_=", 0 }, { "*", 0 },
	};
	/* clang-format on */
	char d[8];
	size_t i, n;

	for (i = 0; i < sizeof it / sizeof *it; i++)
		ok((sasl_decode(d, sizeof d, &n, it[i].s, strlen(it[i].s)) ==
		       0) == it[i].good,
		    *it[i].s ? it[i].s : "nothing");
	ok(sasl_decode(d, 8, &n, "YWJjZGVmZ2g=", 12) == 0 && n == 8 &&
		memcmp(d, "abcdefgh", 8) == 0,
	    "as much as fits");
	ok(sasl_decode(d, 8, &n, "YWJjZGVmZ2hp", 12) == -1, "not more");
}

static int
plain(const char *s, size_t n)
{
	struct sasl c;
	int r = sasl_plain(&c, s, n);

	if (r == 0)
		ok(c.ulen == 1 && *c.user == 'u' && c.plen == 2 &&
			memcmp(c.password, "pw", 2) == 0,
		    "user and password");
	return r;
}

int
main(void)
{
	base64();
	is_int(plain("\0u\0pw", 5), 0, "PLAIN");
	is_int(plain("u\0u\0pw", 6), 0, "acting for himself");
	is_int(plain("v\0u\0pw", 6), SASL_OTHER, "acting for another");
	is_int(plain("uu\0u\0pw", 7), SASL_OTHER, "with a longer name");
	is_int(plain("\0u\0pw\0", 6), -1, "one too many");
	is_int(plain("\0upw", 4), -1, "one too few");
	is_int(plain("upw", 3), -1, "none");
	is_int(plain("", 0), -1, "nothing");
	return done_testing();
}
