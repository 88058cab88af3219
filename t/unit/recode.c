/* Re-encoding: line ends, folding, quoted-printable, base64. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "common/recode.h"
#include "t/lib/tap.h"

#define MAX 100000

static char out[MAX], text[MAX], back[MAX];
static size_t out_n;

static int
put(void *arg, const char *s, size_t n)
{
	(void)arg;
	if (out_n + n >= MAX) {
		errno = ENOSPC;
		return -1;
	}
	memcpy(out + out_n, s, n);
	out_n += n;
	out[out_n] = '\0';
	return 0;
}

typedef int recode_fn(const struct recode_out *, const char *, size_t);

static int
run(recode_fn *fn, const char *s, size_t n)
{
	struct recode_out o = { put, NULL };

	out_n = 0;
	out[0] = '\0';
	return fn(&o, s, n);
}

static void
gives(recode_fn *fn, const char *in, const char *want, const char *name)
{
	ok(run(fn, in, strlen(in)) == 0, name);
	is_str(out, want, name);
}

/* The longest line of what came out. */
static size_t
longest(void)
{
	size_t i, n = 0, most = 0;

	for (i = 0; i < out_n; i++) {
		n = out[i] == '\n' ? 0 : n + (out[i] != '\r');
		if (n > most)
			most = n;
	}
	return most;
}

static int
unhex(char c)
{
	return c <= '9' ? c - '0' : c - 'A' + 10;
}

/* Decodes what is in out the plain way. */
static size_t
unqp(void)
{
	size_t i, n = 0;

	for (i = 0; i < out_n; i++) {
		if (out[i] != '=') {
			back[n++] = out[i];
		} else if (out[i + 1] == '\r') {
			i += 2;
		} else {
			back[n++] =
			    (char)(unhex(out[i + 1]) * 16 + unhex(out[i + 2]));
			i += 2;
		}
	}
	return n;
}

static void
test_qp(void)
{
	static uint64_t seed = 88172645463325252ULL;
	int round, same = 1, narrow = 1;
	size_t i, n;

	gives(recode_qp, "a=b\n\303\251 \nx\t\r\n",
	    "a=3Db\r\n=C3=A9=20\r\nx=09\r\n", "quoted-printable");
	gives(recode_qp, "a\rb\r\r\nc", "a=0Db=0D\r\nc", "a bare CR is kept");
	for (round = 0; round < 300; round++) {
		n = 0;
		for (i = 0; i < 900; i++) {
			seed ^= seed << 13;
			seed ^= seed >> 7;
			seed ^= seed << 17;
			if (!(seed >> 20 & 127)) {
				text[n++] = '\r';
				text[n++] = '\n';
			} else {
				text[n++] = (char)(seed >> 33);
				if (text[n - 1] == '\n' || !text[n - 1])
					text[n - 1] = ' ';
			}
		}
		if (run(recode_qp, text, n) == -1 || longest() > 76)
			narrow = 0;
		if (unqp() != n || memcmp(back, text, n))
			same = 0;
	}
	ok(same, "300 random texts come back from quoted-printable");
	ok(narrow, "and no line is over 76");
}

static void
test_requote(void)
{
	size_t i, n = 0;

	for (i = 0; i < 500; i++) {
		memcpy(text + n, i % 3 ? "=41" : "a =", 3);
		n += 3;
	}
	memcpy(text + n, "  \nshort =\n", 11);
	n += 11;
	ok(run(recode_requote, text, n) == 0, "a long line of triplets");
	is_int((long long)longest(), 76, "has soft breaks");
	ok(!strstr(out, "=4=\r\n") && strstr(out, "\r\nshort =\r\n"),
	    "that divide none, and short lines stay");
}

static void
test_wrap(void)
{
	memset(text, 'Q', 3000);
	memcpy(text + 3000, "\nshort\n", 7);
	ok(run(recode_rewrap, text, 3007) == 0, "base64");
	is_int((long long)longest(), 76, "is wrapped");
	ok(strstr(out, "\r\nshort\r\n") != NULL, "where it is too long");
	ok(run(recode_wrap, text, 3007) == 0, "other text");
	is_int((long long)longest(), 998, "is wrapped wider");
	gives(recode_rewrap, "QU\rJD\n", "QUJD\r\n", "CRs go");
}

static void
test_header(void)
{
	size_t i;

	gives(recode_header, "A: b\n c\r\nD: e\rf\r\r\n",
	    "A: b\r\n c\r\nD: e f\r\n", "header fields that are short");
	memset(text, 'x', 5000);
	memcpy(text, "A: ", 3);
	text[5000] = '\n';
	errno = 0;
	ok(run(recode_header, text, 5001) == -1 && errno == EMSGSIZE,
	    "nowhere to fold");
	for (i = 3; i < 5000; i += 700)
		text[i] = ' ';
	ok(run(recode_header, text, 5001) == 0, "with white space");
	ok(longest() <= 998, "it is folded");
	for (i = 0; i < out_n; i++)
		if (out[i] == '\r') {
			memmove(out + i, out + i + 2, out_n - i - 1);
			out_n -= 2;
		}
	ok(out_n == 5000 && !memcmp(out, text, 5000),
	    "and unfolded it is what it was");
	memset(text + 100, ' ', 4900);
	ok(run(recode_header, text, 5001) == 0 && longest() <= 998 &&
		!strstr(out, "\r\n "),
	    "no line of white space alone");
	memset(text, ' ', 2000);
	text[1500] = 'x';
	ok(run(recode_header, text, 2000) == -1 && errno == EMSGSIZE,
	    "blanks in front are no place to fold");
}

int
main(void)
{
	memset(text, 'x', 1000);
	ok(!recode_needed(text, 998) && recode_needed(text, 999),
	    "998 octets are no reason");
	memcpy(text + 998, "\r\n", 2);
	ok(!recode_needed(text, 1000), "with CRLF neither");
	ok(recode_needed("a\rb", 3) && recode_needed("a\r\r\n", 4) &&
		recode_needed("\r", 1) && !recode_needed("\r\n\n", 3),
	    "a bare CR is one");
	gives(recode_plain, "a\nb\r\n\n\r\nc", "a\r\nb\r\n\r\n\r\nc",
	    "line ends");
	gives(recode_plain, "", "", "nothing");
	gives(recode_clean, "a\rb\r\nc\r\r\nd\ne\r", "a b\r\nc\r\nd\r\ne",
	    "line ends without bare CRs");
	gives(recode_clean, "\r\n\n\r\r\nx\r\n", "\r\n\r\n\r\nx\r\n",
	    "and empty lines");
	test_qp();
	test_requote();
	test_wrap();
	test_header();
	return done_testing();
}
