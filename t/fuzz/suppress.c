/* A line of a journal of the suppression list, and a record of its table.  The
 * first octet says which; the checksum of a line is put right. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/crc32c.h"
#include "common/suppressline.h"
#include "common/suppressrec.h"
#include "t/fuzz/fuzz.h"

/* What was read, and is written again, is read as the same. */
static void
line(char *s, size_t n)
{
	struct suppress_entry e, again;
	stralloc sa = STRALLOC_ZERO, rec = STRALLOC_ZERO;
	char op, op2, crc[9];

	if (n >= 8) {
		snprintf(crc, sizeof crc, "%08x", crc32c(0, s, n - 8));
		memcpy(s + n - 8, crc, 8);
	}
	if (suppressline_get(s, n, &op, &e)) {
		suppressline_put(&sa, op, &e);
		must(sa.len <= SUPPRESSLINE_MAX);
		must(suppressline_get(sa.s, sa.len - 1, &op2, &again));
		suppressline_put(&rec, op2, &again);
		must(rec.len == sa.len && memcmp(rec.s, sa.s, sa.len) == 0);
		rec.len = 0;
		must(suppressrec_apply(&rec, op, &e) != -1);
		must(suppressrec_some(&rec) == (op == '+'));
	}
	stralloc_free(&sa);
	stralloc_free(&rec);
}

static int
take(void *arg, const struct suppress_entry *e)
{
	must(strlen(e->text) <= ADDR_MAX);
	must(strlen(e->name) <= SUPPRESS_NAMEMAX);
	must(strlen(e->note) <= SUPPRESS_NOTEMAX);
	*(struct suppress_entry *)arg = *e;
	return 0;
}

static void
record(const char *s, size_t n)
{
	stralloc rec = STRALLOC_ZERO;
	struct suppress_entry last = { .scope = SUPPRESS_ANY };

	if (suppressrec_get(s, n, take, &last) == 0) {
		must(stralloc_copyb(&rec, s, n));
		must(suppressrec_apply(&rec, '-', &last) != -1);
		must(suppressrec_get(rec.s, rec.len, take, &last) == 0);
	}
	stralloc_free(&rec);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char *s;

	if (n == 0)
		return 0;
	s = malloc(n);
	must(s != NULL);
	memcpy(s, data + 1, n - 1);
	if (data[0] & 1)
		line(s, n - 1);
	else
		record(s, n - 1);
	free(s);
	return 0;
}
