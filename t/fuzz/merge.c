/*
 * merge - a program and a row: two octets with the length of the program, the
 * program, the row.  What is rendered can go over the wire, what merge_check
 * lets through can be rendered, and what cannot leaves nothing behind.
 */
#include <string.h>

#include "common/merge.h"
#include "common/wire.h"
#include "t/fuzz/fuzz.h"

static const struct merge_job job = { "t0.k_e-n/\r\n", 11, "\"a\r\n\"@\xff", 8,
	~UINT64_C(0) };

static int
render(struct merge *m, const char *row, size_t n, unsigned int flags)
{
	stralloc out = STRALLOC_ZERO, stuffed = STRALLOC_ZERO;
	struct wire w;
	int rc;

	must(stralloc_cats(&out, "before"));
	rc = merge_render(m, row, n, &job, flags, &out);
	must(out.len >= 6 && !memcmp(out.s, "before", 6));
	if (rc == -1)
		must(out.len == 6);
	else {
		wire_init(&w);
		must(wire_feed(&w, out.s + 6, out.len - 6, &stuffed) == 0);
		must(out.len == 6 || out.s[out.len - 1] == '\n');
	}
	stralloc_free(&out);
	stralloc_free(&stuffed);
	return rc;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const char *s = (const char *)data;
	struct merge_fault fault = { .lenient = 1 };
	struct merge_name name;
	struct merge *m;
	size_t i, len;
	int rc;

	if (n < 2)
		return 0;
	len = (size_t)data[0] << 8 | data[1];
	if (len > n - 2)
		return 0;
	m = merge_open(s + 2, len);
	if (!m)
		return 0;
	for (i = 0; i < merge_names(m); i++) {
		merge_name(m, i, &name);
		must(name.len && name.len <= MERGE_NAMEMAX);
	}
	rc = merge_check(m, s + 2 + len, n - 2 - len, &job, &fault);
	fault.lenient = 0;
	if (merge_check(m, s + 2 + len, n - 2 - len, &job, &fault) == 0)
		must(rc == 0);
	must(memchr(fault.what, '\0', sizeof fault.what) != NULL);
	if (render(m, s + 2 + len, n - 2 - len, 0) == -1)
		must(rc == -1);
	if (render(m, s + 2 + len, n - 2 - len, MERGE_8BIT) == -1)
		must(rc == -1);
	merge_close(m);
	return 0;
}
