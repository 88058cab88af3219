#include <string.h>

#include "common/json.h"
#include "t/lib/tap.h"

static stralloc sa = STRALLOC_ZERO;

static const char *
text(void)
{
	static stralloc copy = STRALLOC_ZERO;

	stralloc_copy(&copy, &sa);
	stralloc_0(&copy);
	sa.len = 0;
	return copy.s;
}

static const char *
escaped(const char *s, size_t len)
{
	json_str(&sa, NULL, s, len);
	return text();
}

static const char *
at(uint64_t us)
{
	json_time(&sa, NULL, us);
	return text();
}

static void
test_hex(void)
{
	json_hex(&sa, "a", (const unsigned char *)"\0\x09\xaf\xff", 4);
	json_hex(&sa, "b", NULL, 0);
	is_str(text(), "\"a\":\"0009afff\",\"b\":\"\"", "octets as digits");
}

static void
test_shape(void)
{
	json_open(&sa);
	json_text(&sa, "type", "Delivery");
	json_u64(&sa, "n", UINT64_MAX);
	json_u64(&sa, "zero", 0);
	json_obj(&sa, "o");
	json_end(&sa);
	json_obj(&sa, "response");
	json_u64(&sa, "code", 250);
	json_text(&sa, "open", "{");
	json_bool(&sa, "yes", 1);
	json_bool(&sa, "no", 0);
	json_end(&sa);
	json_arr(&sa, "list");
	json_u64(&sa, NULL, 1);
	json_text(&sa, NULL, "[");
	json_arr(&sa, NULL);
	json_arrend(&sa);
	json_arrend(&sa);
	json_line(&sa);
	is_str(text(),
	    "{\"type\":\"Delivery\",\"n\":9223372036854775807,\"zero\":0,"
	    "\"o\":{},\"response\":{\"code\":250,\"open\":\"{\",\"yes\":true,"
	    "\"no\":false},\"list\":[1,\"[\",[]]}\n",
	    "commas, nesting, numbers");
	json_open(&sa);
	json_line(&sa);
	json_open(&sa);
	json_line(&sa);
	is_str(text(), "{}\n{}\n", "two lines in one buffer");
}

static void
test_escapes(void)
{
	is_str(
	    escaped("a\"b\\c/", 6), "\"a\\\"b\\\\c/\"", "quote and backslash");
	is_str(escaped("\b\t\n\v\f\r\033\177", 8),
	    "\"\\b\\t\\n\\u000b\\f\\r\\u001b\\u007f\"", "control characters");
	is_str(escaped("a\0b", 3), "\"a\\ufffdb\"", "a zero octet");
	is_str(escaped(NULL, 0), "\"\"", "an empty string");
	is_str(escaped("gr\303\274n \342\202\254 \360\237\230\200", 14),
	    "\"gr\303\274n \342\202\254 \360\237\230\200\"", "UTF-8 stays");
	is_str(escaped("gr\374n", 4), "\"gr\\u00fcn\"", "Latin-1 is shown");
	is_str(escaped("\300\200\355\240\200\364\220\200\200", 10),
	    "\"\\u00c0\\u0080\\u00ed\\u00a0\\u0080\\u00f4\\u0090\\u0080\\u0080"
	    "\\ufffd\"",
	    "overlong, surrogate, too large");
	is_str(escaped("\342\202", 2), "\"\\u00e2\\u0082\"", "cut short");
	is_str(escaped("\302\205\342\200\256\357\273\277", 8),
	    "\"\\u0085\\u202e\\ufeff\"", "C1, reordering, byte order mark");
	is_str(escaped("\360\237\277\276", 4), "\"\\ufffd\"",
	    "a noncharacter past the first plane");
}

/* Every octet at every place of a word, so that the test of eight at a time
 * agrees with that of one. */
static void
test_places(void)
{
	char in[17], want[64];
	int bad = 0, c, i;

	for (c = 1; c < 128; c++)
		for (i = 0; i < 16; i++) {
			memset(in, 'x', 16);
			in[i] = (char)c;
			json_str(&sa, NULL, in + i, 1);
			snprintf(want, sizeof want, "\"%.*s%.*s%.*s\"", i, in,
			    (int)sa.len - 2, sa.s + 1, 15 - i, in + i + 1);
			sa.len = 0;
			bad += strcmp(escaped(in, 16), want) != 0;
		}
	is_int(bad, 0, "every octet at every place");
}

static void
test_times(void)
{
	json_ms(&sa, "a", 0);
	json_ms(&sa, "b", 1234567);
	json_ms(&sa, "c", 60);
	is_str(
	    text(), "\"a\":0.000,\"b\":1234.567,\"c\":0.060", "milliseconds");
	is_str(at(0), "\"1970-01-01T00:00:00.000000Z\"", "the epoch");
	is_str(at(UINT64_C(951782400000001)), "\"2000-02-29T00:00:00.000001Z\"",
	    "a leap day");
	is_str(at(UINT64_C(1795316645678901)),
	    "\"2026-11-22T03:04:05.678901Z\"", "a date");
	is_str(at(UINT64_C(4107542399999999)),
	    "\"2100-02-28T23:59:59.999999Z\"", "2100 has no leap day");
	is_str(at(UINT64_MAX), "\"9999-12-31T23:59:59.999999Z\"", "the end");
}

int
main(void)
{
	test_shape();
	test_hex();
	test_escapes();
	test_places();
	test_times();
	return done_testing();
}
