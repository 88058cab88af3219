/*
 * fsck - a file of the spool that dray-fsck looks at.  The first octet says
 * what is put right in it (fixbundle.h), or that it is one of notices.
 *
 * Each finding is one line of plain text.  A bundle without any finding must
 * be one that dray-send can read.
 */
#include <stdio.h>

#include "cmd/dray-fsck/fsck.h"
#include "t/fuzz/fixbundle.h"

#define NOTICES 16u

/* What cannot be read is said on standard error, too. */
FUZZ_QUIET(strerr_warnvsys)

static void
check_text(const struct fsck *k, const char *s, size_t n)
{
	uint64_t lines = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		must(s[i] == '\n' || (s[i] >= 32 && s[i] < 127));
		lines += s[i] == '\n';
	}
	must(lines == k->findings && (n == 0 || s[n - 1] == '\n'));
}

static void
check_runs(const struct bundle *b, struct bundle_msg *m, uint32_t *count)
{
	stralloc block = STRALLOC_ZERO;
	struct bundle_rcpt p;
	struct bundle_run r;
	struct field f;
	int more;

	while ((more = bundle_run(b, &m->runs, &r)) == 1) {
		must(r.first == *count && bundle_block(b, &r, &block) == 0);
		field_start(&f, block.s, block.len);
		while ((more = bundle_rcpt(&f, &p)) == 1)
			(*count)++;
		must(more == 0 && *count == r.first + r.count);
	}
	must(more == 0);
	stralloc_free(&block);
}

static void
check_good(int fd)
{
	struct bundle_msg m;
	uint32_t i, count = 0;
	struct bundle b;

	must(bundle_open(&b, fd) == 0);
	for (i = 0; i < b.nmsg; i++) {
		must(bundle_msg(&b, i, &m) == 0);
		check_runs(&b, &m, &count);
	}
	must(count == b.nrcpt);
	bundle_close(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct fsck k = {
		.dir = "cur", .name = "1700000000.M123456P99Q7.mx1", .msg = -1
	};
	FILE *before = stdout;
	char *text = NULL;
	size_t len = 0;
	struct stat st;
	int fd;

	if (n < 2)
		return 0;
	fd = fix_bundle(data + 1, n - 1, data[0]);
	must(lseek(fd, 0, SEEK_SET) == 0 && fstat(fd, &st) == 0);
	st.st_nlink = 1;
	stdout = open_memstream(&text, &len);
	must(stdout != NULL);
	if (data[0] & NOTICES)
		notice_look(&k, fd, &st);
	else
		bundle_look(&k, fd, &st);
	must(fclose(stdout) == 0);
	stdout = before;
	check_text(&k, text, len);
	free(text);
	if (!(data[0] & NOTICES) && !k.findings && !k.unread)
		check_good(fd);
	return 0;
}
