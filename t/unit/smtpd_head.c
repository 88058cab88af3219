#include <string.h>

#include "cmd/dray-smtpd/head.h"
#include "t/lib/tap.h"

/* In pieces of k octets; 1 when it is complete, and how much was fed. */
static int
feed(struct head *h, const char *s, size_t n, size_t k, size_t *fed_r)
{
	size_t i, some;
	int r = 0;

	memset(h, 0, sizeof *h);
	for (i = 0; i < n && r == 0; i += some) {
		some = n - i < k ? n - i : k;
		r = head_feed(h, s + i, some);
	}
	*fed_r = i;
	return r;
}

static void
writes(const char *in, const char *want, const char *name)
{
	stralloc out = STRALLOC_ZERO;
	size_t k, fed, n = strlen(in);
	struct head h;
	int good = 1;

	for (k = 1; k <= n + 1; k++) {
		out.len = 0;
		(void)feed(&h, in, n, k, &fed);
		good &= head_read(&h) == 0;
		head_write(&h, &out, "New: x\r\n", 8);
		good &= stralloc_catb(&out, in + fed, n - fed);
		good &=
		    out.len == strlen(want) && !memcmp(out.s, want, out.len);
		head_free(&h);
	}
	ok(good, name);
	stralloc_free(&out);
}

static void
facts(void)
{
	static const char text[] =
	    "received: a\r\nReceived: b\r\n c\r\nDATE: x\r\nMessage-Id: "
	    "<x@y>\r\n"
	    "X-Dray-Stream: bulk\r\nX-Dray-Stream: other\r\nX-Dray-None: x\r\n"
	    "X-Dray-Lifetime: 2h\r\n\r\nReceived: no\r\n";
	struct head h;
	size_t fed;

	is_int(feed(&h, text, sizeof text - 1, 1, &fed), 1, "a header");
	is_int(head_read(&h), 0, "that is good");
	ok(h.received == 2 && h.date && h.msgid, "what is in it");
	is_str(h.settings.stream, "bulk", "a control field, the first");
	is_int(h.settings.lifetime, 7200, "another");
	head_free(&h);
	is_int(feed(&h, "X-Dray-Lifetime: x\r\n\r\n", 22, 22, &fed), 1, "one");
	is_int(head_read(&h), -1, "with a bad value");
	is_str(h.wrong, "X-Dray-Lifetime", "which is named");
	head_free(&h);
}

static void
bound(void)
{
	static char text[2 * HEAD_MAX];
	struct head h;
	size_t fed;

	memset(text, 'x', sizeof text);
	memcpy(text, "A: ", 3);
	is_int(feed(&h, text, sizeof text, 4096, &fed), -1, "without end");
	ok(fed <= HEAD_MAX + 4096, "is not held");
	head_free(&h);
}

int
main(void)
{
	writes(
	    "A: b\r\n\r\nbody\r\n", "A: b\r\nNew: x\r\n\r\nbody\r\n", "plain");
	writes("A: b\r\n\tc\r\nX-Dray-A: b\r\n c\r\nB: c\r\n\r\n",
	    "A: b\r\n\tc\r\nB: c\r\nNew: x\r\n\r\n", "folded, and ours");
	writes("\r\nA: b\r\n", "New: x\r\n\r\nA: b\r\n", "none");
	writes("body\r\nA: b\r\n", "New: x\r\n\r\nbody\r\nA: b\r\n",
	    "none, and no empty line");
	writes("A: b\r\nbody\r\n", "A: b\r\nNew: x\r\n\r\nbody\r\n",
	    "no empty line");
	writes("", "New: x\r\n\r\n", "nothing");
	writes("A: b\r\n", "A: b\r\nNew: x\r\n\r\n", "no body");
	writes("A: b", "A: b\r\nNew: x\r\n\r\n", "no end of a line");
	writes(" a\r\n", "New: x\r\n\r\n a\r\n", "a fold of nothing");
	facts();
	bound();
	return done_testing();
}
