/* Address lists: what SMTP needs of them, and what cannot be understood. */
#include <errno.h>
#include <stdlib.h>

#include "common/addrlist.h"
#include "t/lib/tap.h"

struct got {
	char s[8192];
	size_t n;
	int left; /* each fails when this many have come */
};

static int
each(void *arg, const char *s, size_t n)
{
	struct got *g = arg;

	if (g->left-- == 0) {
		errno = ENOSPC;
		return -1;
	}
	if (g->n + n + 2 > sizeof g->s)
		return -1;
	memcpy(g->s + g->n, s, n);
	g->n += n;
	g->s[g->n++] = '|';
	g->s[g->n] = '\0';
	return 0;
}

/* A copy of exactly n octets, so that the sanitiser sees overruns. */
static int
parse(const char *s, size_t n, struct got *g)
{
	char *copy = malloc(n + !n);
	int r;

	if (!copy)
		return -1;
	memcpy(copy, s, n);
	r = addrlist_parse(copy, n, "d.example", each, g);
	free(copy);
	return r;
}

static void
good(const char *list, const char *want)
{
	struct got g = { .left = -1 };

	ok(parse(list, strlen(list), &g) == 0, list);
	is_str(g.s, want, "  its addresses");
}

static void
bad(const char *list, int want)
{
	struct got g = { .left = -1 };

	errno = 0;
	is_int(parse(list, strlen(list), &g) == -1 ? errno : 0, want, list);
}

static void
test_good(void)
{
	/* clang-format off */
	static const struct {
		const char *in, *out;
	} t[] = {
		{ "", "" },
		{ " \t", "" },
		{ "a@b", "a@b|" },
		{ "a", "a@d.example|" },
		{ "a@b, c@d", "a@b|c@d|" },
		{ ",,a@b,,", "a@b|" },
		{ "A Name <a@b>", "a@b|" },
		{ "John Q. Public <a@b>, c@d", "a@b|c@d|" },
		{ "\"Doe, John\" <a@b>", "a@b|" },
		{ "\"Doe \\\"x\\\", John\" <a@b>", "a@b|" },
		{ "<a@b>", "a@b|" },
		{ "<a>", "a@d.example|" },
		{ "< a @ b >", "a@b|" },
		{ "a . c @ b . d", "a.c@b.d|" },
		{ "(comment (nested \\) ) ) a@b (after)", "a@b|" },
		{ "a(x)@(y)b", "a@b|" },
		{ "a@b (Mr. X, the first)", "a@b|" },
		{ "group: a@b, C <c@d>; e@f", "a@b|c@d|e@f|" },
		{ "undisclosed-recipients:;", "" },
		{ "\"a group\": x@y;, z@w", "x@y|z@w|" },
		{ "<@r.example,@s.example:a@b>", "a@b|" },
		{ "X <@r.example : a@b>", "a@b|" },
		{ "\"a b\"@c", "\"a b\"@c|" },
		{ "\"a@b\"@c", "\"a@b\"@c|" },
		{ "\"a@b\"", "\"a@b\"@d.example|" },
		{ "a@[192.0.2.1]", "a@[192.0.2.1]|" },
		{ "a@b; c@d", "a@b|c@d|" },
		{ "=?utf-8?Q?a=2C?= <a@b>", "a@b|" },
		{ "\303\251t\303\251 <a@b>", "a@b|" },
	};
	/* clang-format on */
	size_t i;

	for (i = 0; i < sizeof t / sizeof t[0]; i++)
		good(t[i].in, t[i].out);
	good("a@b,\r\n c@d\n\t, e@f\r\n", "a@b|c@d|e@f|");
	good("\"a\r\n b\"@c", "\"a b\"@c|");
}

int
main(void)
{
	struct got g = { .left = 2 };
	char s[4000];

	test_good();
	bad("a b@c", EINVAL);
	bad("a@b c@d", EINVAL);
	bad("<a@b", EINVAL);
	bad("a@b>", EINVAL);
	bad("a (open", EINVAL);
	bad("a)", EINVAL);
	bad("\"open", EINVAL);
	bad("\"open\\", EINVAL);
	bad("a@[open", EINVAL);
	bad("(\\", EINVAL);
	bad("<>", EINVAL);
	bad("X <>", EINVAL);
	bad("<a@b> x", EINVAL);
	bad("<a@b> <c@d>", EINVAL);
	bad("<<a@b>>", EINVAL);
	bad("a:b:c@d;", EINVAL);
	bad(":a@b;", EINVAL);
	bad("a\\b@c", EINVAL);
	bad("<a@b:c@d>", EINVAL);
	errno = 0;
	ok(parse("a@b,c@d,e@f", 11, &g) == -1 && errno == ENOSPC,
	    "each may end the parse");
	is_str(g.s, "a@b|c@d|", "and what came before was handed out");
	memset(s, 'x', sizeof s);
	s[sizeof s - 1] = '\0';
	bad(s, ENAMETOOLONG);
	memcpy(s + sizeof s - 7, " <a@b>", 7);
	good(s, "a@b|");
	memset(s, '(', sizeof s - 1);
	s[sizeof s - 1] = '\0';
	bad(s, EINVAL);
	return done_testing();
}
