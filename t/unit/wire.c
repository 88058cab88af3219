/* The wire form: checks, stuffing across piece borders, and back. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include "common/wire.h"
#include "t/lib/tap.h"

static uint64_t seed = 88172645463325252ULL;

static unsigned int
below(unsigned int n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned int)(seed >> 33) % n;
}

/* Feeds s in pieces of at most most octets; the result as wire_end's. */
static int
feed(struct wire *w, const char *s, size_t n, size_t most, stralloc *out)
{
	size_t k;

	out->len = 0;
	wire_init(w);
	while (n) {
		k = 1 + below((unsigned int)most);
		if (k > n)
			k = n;
		if (wire_feed(w, s, k, out) == -1)
			return -1;
		s += k;
		n -= k;
	}
	return wire_end(w, out);
}

static int
is(const stralloc *out, const char *s, size_t n)
{
	return out->len == n && (!n || !memcmp(out->s, s, n));
}

static void
good(const char *in, const char *want, unsigned int stuffed, const char *name)
{
	stralloc out = STRALLOC_ZERO;
	struct wire w;
	int r;

	r = feed(&w, in, strlen(in), 1000, &out);
	ok(!r && is(&out, want, strlen(want)) && w.octets == out.len &&
		w.stuffed == stuffed,
	    name);
	r = feed(&w, in, strlen(in), 1, &out);
	ok(!r && is(&out, want, strlen(want)) && w.octets == out.len &&
		w.stuffed == stuffed,
	    name);
	stralloc_free(&out);
}

static void
bad(const char *in, size_t n, enum wire_error error, uint64_t line,
    const char *name)
{
	stralloc out = STRALLOC_ZERO;
	struct wire w;
	int r;

	r = feed(&w, in, n, 1000, &out);
	ok(r == -1 && errno == EILSEQ && w.error == error && w.lines == line,
	    name);
	r = feed(&w, in, n, 1, &out);
	ok(r == -1 && errno == EILSEQ && w.error == error && w.lines == line,
	    name);
	r = wire_feed(&w, "a\r\n", 3, &out);
	ok(r == -1 && w.error == error, "the error stays");
	stralloc_free(&out);
}

static void
test_long(void)
{
	static char line[WIRE_LINEMAX + 4];
	stralloc out = STRALLOC_ZERO;
	struct wire w;

	memset(line, '.', sizeof line);
	memcpy(line + WIRE_LINEMAX, "\r\n", 2);
	is_int(feed(&w, line, WIRE_LINEMAX + 2, 7, &out), 0,
	    "998 octets pass; the added dot does not count");
	is_int((long long)out.len, WIRE_LINEMAX + 3, "and one dot was added");
	memcpy(line + WIRE_LINEMAX, "x\r\n", 3);
	bad(line, WIRE_LINEMAX + 3, WIRE_LONG, 0, "999 do not");
	bad(line, WIRE_LINEMAX + 1, WIRE_LONG, 0, "even without an end");
	stralloc_free(&out);
}

static void
test_8bit(void)
{
	static const struct {
		const char *in;
		int header, body;
	} t[] = {
		{ "Subject: a\r\n\r\nb\r\n", 0, 0 },
		{ "Subject: \xe9\r\n\r\nb\r\n", 1, 0 },
		{ "Subject: a\r\n\r\n0123456789abcdef\xe9", 0, 1 },
		{ "Subject: \xe9 0123456789abcdef\r\n\r\n\xff\r\n", 1, 1 },
		{ "Subject: a\r\nTo: \xe9\r\n", 1, 0 },
		{ "\r\n\xe9\r\n", 0, 1 },
		{ "Subject: 01234567\r\n\xe9\r\n\r\nb", 1, 0 },
	};
	stralloc out = STRALLOC_ZERO;
	struct wire w;
	size_t i;

	for (i = 0; i < sizeof t / sizeof t[0]; i++) {
		feed(&w, t[i].in, strlen(t[i].in), 40, &out);
		is_int(w.header8, t[i].header, "8-bit octets in the header");
		is_int(w.body8, t[i].body, "8-bit octets in the body");
	}
	stralloc_free(&out);
}

/* Random lines; returns the length. */
static size_t
compose(char *s, size_t max)
{
	static const char alphabet[] = "..ab \t\xe9=";
	size_t n = 0;
	unsigned int k;

	while (n + 202 < max && below(60)) {
		for (k = below(2) ? below(4) : below(200); k; k--)
			s[n++] = alphabet[below(sizeof alphabet - 1)];
		s[n++] = '\r';
		s[n++] = '\n';
	}
	return n;
}

/* Stuffing the slow way, to compare with. */
static size_t
stuff(const char *s, size_t n, char *out)
{
	size_t i, k = 0;

	for (i = 0; i < n; i++) {
		if (s[i] == '.' && (!i || s[i - 1] == '\n'))
			out[k++] = '.';
		out[k++] = s[i];
	}
	return k;
}

static int
unstuff_same(const stralloc *x, const char *s, size_t n, char *buf)
{
	struct wire_unstuff u;
	size_t i, k, o = 0;

	wire_unstuff_init(&u);
	for (i = 0; i < x->len; i += k) {
		k = 1 + below(64);
		if (k > x->len - i)
			k = x->len - i;
		memcpy(buf + o, x->s + i, k);
		o += wire_unstuff(&u, buf + o, k, buf + o);
	}
	return o == n && !memcmp(buf, s, n);
}

static void
test_round(void)
{
	static char s[20000], want[40000], back[40000];
	stralloc out = STRALLOC_ZERO;
	int same = 1, round = 1, i;
	struct wire w;
	size_t n;

	for (i = 0; i < 2000; i++) {
		n = compose(s, sizeof s);
		if (feed(&w, s, n, i % 2 ? 300 : 9, &out) == -1 ||
		    !is(&out, want, stuff(s, n, want)) ||
		    w.octets - w.stuffed != n)
			same = 0;
		if (!unstuff_same(&out, s, n, back))
			round = 0;
	}
	ok(same, "2000 random messages are stuffed as the slow way does it");
	ok(round, "and unstuffed in random pieces they are what they were");
	stralloc_free(&out);
}

/* Wherever it stands, and with every start. */
static void
test_dot(void)
{
	static const char some[] = "..\n\nx\r";
	char s[80];
	size_t i, n, from;
	int bad = 0, round;

	for (round = 0; round < 2000; round++) {
		n = below(sizeof s);
		for (i = 0; i < n; i++)
			s[i] = below(8) ? 'x' : some[below(6)];
		from = n ? below((unsigned int)n) : 0;
		for (i = from + 1; i < n; i++)
			if (s[i] == '.' && s[i - 1] == '\n')
				break;
		bad += wire_dot(s + from, n - from) != (i < n ? s + i : NULL);
	}
	is_int(bad, 0, "the first dot behind a LF is found");
}

/* Printed, not judged: machines are noisy. */
static void
time_it(void)
{
	static char s[10240];
	stralloc out = STRALLOC_ZERO;
	struct timespec a, b;
	struct wire w;
	size_t i;

	for (i = 0; i < sizeof s; i++)
		s[i] = i % 72 == 70 ? '\r' : i % 72 == 71 ? '\n' : 'x';
	clock_gettime(CLOCK_MONOTONIC, &a);
	for (i = 0; i < 2000; i++) {
		out.len = 0;
		wire_init(&w);
		if (wire_feed(&w, s, sizeof s, &out) == -1)
			break;
	}
	clock_gettime(CLOCK_MONOTONIC, &b);
	printf("# 10 KB in %.2f us\n",
	    ((double)(b.tv_sec - a.tv_sec) * 1e9 +
		(double)(b.tv_nsec - a.tv_nsec)) /
		2000 / 1000);
	stralloc_free(&out);
}

int
main(void)
{
	good("", "", 0, "nothing");
	good("a\r\n", "a\r\n", 0, "one line");
	good("a", "a\r\n", 0, "a last line without its end");
	good("\r\n\r\n", "\r\n\r\n", 0, "empty lines");
	good(".\r\n", "..\r\n", 1, "a dot");
	good("..\r\n", "...\r\n", 1, "two dots");
	good("a.\r\n.b\r\n.", "a.\r\n..b\r\n..\r\n", 2, "dots here and there");
	bad("a\rb\r\n", 5, WIRE_BARECR, 0, "CR within a line");
	bad("a\r\r\n", 4, WIRE_BARECR, 0, "CR CR LF");
	bad("a\r", 2, WIRE_BARECR, 0, "CR at the end");
	bad("a\r\nb\n", 5, WIRE_BARELF, 1, "LF alone");
	bad("\n", 1, WIRE_BARELF, 0, "LF first");
	bad("a\r\n\r\n0123456789abcdef\0\r\n", 24, WIRE_NUL, 2, "NUL");
	bad("a\r\n.\n.\r\n", 8, WIRE_BARELF, 1, "smuggled end of data");
	bad("a\r\n.\r.\r\n", 8, WIRE_BARECR, 1, "the other way");
	is_str(wire_strerror(WIRE_BARECR), "bare CR", "an error has a name");
	test_long();
	test_8bit();
	test_round();
	test_dot();
	time_it();
	return done_testing();
}
