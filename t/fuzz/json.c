/*
 * json - whatever a string holds, a line with it must parse, hold printable
 * characters only, and give plain ASCII back unchanged.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "common/json.h"
#include "common/logline.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static int
is_ascii(const uint8_t *data, size_t n)
{
	for (; n; n--, data++)
		if (*data == 0 || *data > 127)
			return 0;
	return 1;
}

static void
check(json_t *o, const char *key, const uint8_t *data, size_t n)
{
	json_t *s = json_object_get(o, key);

	if (!json_is_string(s))
		abort();
	if (is_ascii(data, n) &&
	    (json_string_length(s) != n ||
		(n && memcmp(json_string_value(s), data, n))))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	stralloc sa = STRALLOC_ZERO;
	size_t half = n / 2;
	uint64_t us = 0;
	json_error_t e;
	json_t *o;

	memcpy(&us, data, n < sizeof us ? n : sizeof us);
	json_open(&sa);
	json_str(&sa, "a", (const char *)data, half);
	json_time(&sa, "t", us);
	json_ms(&sa, "ms", us);
	json_arr(&sa, "list");
	json_str(&sa, NULL, (const char *)data, n);
	json_arrend(&sa);
	json_str(&sa, "b", (const char *)data + half, n - half);
	json_line(&sa);
	if (sa.len > n * 12 + 128)
		abort();
	o = json_loadb(sa.s, sa.len, JSON_REJECT_DUPLICATES, &e);
	if (!o)
		abort();
	check(o, "a", data, half);
	check(o, "b", data + half, n - half);
	if (n < 1000 && !logline_ok(sa.s, sa.len))
		abort();
	json_decref(o);
	stralloc_free(&sa);
	return 0;
}
