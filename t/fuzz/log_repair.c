/*
 * log_repair - a log file after a crash.  First octet: whether it begins with
 * a line of dray-log's.
 *
 * What is repaired is a beginning of what was there, ends in a good line, and
 * has nothing more to repair.  A file that is not dray-log's stays as it is.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <skalibs/stralloc.h>

#include "cmd/dray-log/repair.h"
#include "common/logline.h"
#include "common/mem.h"
#include "t/fuzz/fuzz.h"

#define BOOT "01234567-89ab-cdef-0123-456789abcdef"

static const char first[] = LOGNAME_FIRST
    "20261122T030405.678901Z\",\"version\":1,\"boot\":\"" BOOT "\"}\n";

/* What was cut is said each time. */
FUZZ_QUIET(strerr_warnv)

static void
ends_well(const char *s, size_t n)
{
	const char *nl = n ? memrchr(s, '\n', n - 1) : NULL;

	if (nl)
		must(logline_ok(nl + 1, (size_t)(s + n - nl - 1)));
	else
		must(n == 0 || logline_ok(s, n));
}

static void
same(int fd, const stralloc *was, const struct repair *r)
{
	struct stat st;
	char *s = malloc(r->size + 1);

	must(s && fstat(fd, &st) == 0 && (uint64_t)st.st_size == r->size);
	must(r->size <= was->len &&
	    pread(fd, s, r->size, 0) == (ssize_t)r->size &&
	    memcmp(s, was->s, r->size) == 0);
	free(s);
	if (!r->ours) {
		must(r->size == was->len && !r->thisboot);
		return;
	}
	must(logname_idok(r->id) && strlen(r->id) == LOGNAME_ID);
	must(r->first && was->s[r->first - 1] == '\n');
	ends_well(was->s, r->size);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static stralloc sa;
	static int fd = -1;
	struct repair r, again;

	if (n == 0)
		return 0;
	if (fd == -1)
		fd = memfd_create("current", MFD_CLOEXEC);
	sa.len = 0;
	if (data[0] & 1)
		mem_check(stralloc_cats(&sa, first));
	mem_check(stralloc_catb(&sa, (const char *)data + 1, n - 1));
	must(ftruncate(fd, 0) == 0 &&
	    pwrite(fd, sa.s, sa.len, 0) == (ssize_t)sa.len);
	must(repair_file(fd, BOOT, &r) == 0);
	same(fd, &sa, &r);
	if (data[0] & 1)
		must(r.ours && r.thisboot && r.first == sizeof first - 1 &&
		    r.size >= r.first);
	must(repair_file(fd, BOOT, &again) == 0);
	must(again.size == r.size && (again.ours == r.ours || r.size == 0));
	return 0;
}
