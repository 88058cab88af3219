/* Header fields, their tokens and parameters. */
#include <stdlib.h>

#include "common/header.h"
#include "t/lib/tap.h"

/* The names, each with the length of the value, then what is left. */
static void
walk(const char *in, const char *want)
{
	const char *end = in + strlen(in);
	const char *p = in;
	struct header_field f;
	char got[1000];
	size_t n = 0;

	while (header_next(&p, end, &f))
		n += (size_t)snprintf(got + n, sizeof got - n, "%.*s=%zu ",
		    (int)f.name_len, f.s, f.value_len);
	snprintf(got + n, sizeof got - n, "[%s]", p);
	is_str(got, want, "fields");
}

static struct header_field
field(const char *s)
{
	const char *p = s;
	struct header_field f;

	memset(&f, 0, sizeof f);
	ok(header_next(&p, s + strlen(s), &f) == 1, s);
	return f;
}

static void
param(const char *s, const char *name, const char *want)
{
	struct header_field f = field(s);
	char buf[16] = "";

	if (!want) {
		ok(!header_param(&f, name, buf, sizeof buf), "  not there");
		return;
	}
	ok(header_param(&f, name, buf, sizeof buf), "  there");
	is_str(buf, want, "  its value");
}

static void
token(const char *s, const char *want)
{
	struct header_field f = field(s);
	char buf[16];

	header_token(&f, buf, sizeof buf);
	is_str(buf, want, "  its token");
}

int
main(void)
{
	struct header_field f;

	walk("", "[]");
	walk("\nbody", "[body]");
	walk("\r\nbody", "[body]");
	walk("\r\r\nbody", "[body]");
	walk("A: b\n\nbody", "A=2 [body]");
	walk("A: b\r\n\r\nbody", "A=2 [body]");
	walk("A: b\n c\n\td\nE:f\n\nx", "A=8 E=1 [x]");
	walk("A: b\n \n c\n\nx", "A=7 [x]");
	walk("A : b\nC:\n", "A=2 C=0 []");
	walk("A: b", "A=2 []");
	walk("A: b\nno field\n\nx", "A=2 [no field\n\nx]");
	walk("From a@b Sat Nov 22\nA: b\n", "[From a@b Sat Nov 22\nA: b\n]");
	walk(" folded first\nA: b\n", "[ folded first\nA: b\n]");
	walk("\303\251: x\n", "[\303\251: x\n]");
	walk(": x\n", "[: x\n]");
	walk("A: \r\r\nB: c\r\n", "A=1 B=2 []");
	f = field("x-dray-Stream: bulk\n");
	ok(header_is(&f, "X-Dray-Stream") && !header_is(&f, "X-Dray") &&
		header_starts(&f, "X-Dray-") && !header_starts(&f, "X-Drayx"),
	    "names in any case");
	token("C: Text/Plain; a=b\n", "text/plain");
	token("C:\r\n (a (b) \\) c)\r\n 7BIT (x)\r\n", "7bit");
	token("C: ;\n", "");
	token("C:\n", "");
	token("C: (open\n", "");
	token("C: 0123456789abcdefghij\n", "0123456789abcde");
	param("C: a/b; boundary=x\n", "boundary", "x");
	param("C: a/b; BOUNDARY = \"x y\" (c)\n", "boundary", "x y");
	param("C: a/b; z=\"; boundary=no\"; boundary=yes\n", "boundary", "yes");
	param("C: a/b (; boundary=no)\r\n\t;boundary=yes\n", "boundary", "yes");
	param("C: a/b; boundary=\"a\\\"b\"\n", "boundary", "a\"b");
	param("C: a/b; boundary=\"a\r\n b\"\n", "boundary", "a b");
	param("C: a/b; boundary\n", "boundary", NULL);
	param("C: a/b; xboundary=a\n", "boundary", NULL);
	param("C: a/b;;;=;=x\n", "boundary", NULL);
	param("C: a/b; boundary=\"open\n", "boundary", "open");
	param("C: a/b; boundary=0123456789abcdef\n", "boundary", NULL);
	return done_testing();
}
