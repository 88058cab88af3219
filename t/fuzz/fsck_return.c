/*
 * fsck_return - a file of spool/returns/new that dray-fsck looks at.
 *
 * A finding is one line of plain text, and there is one at most.  Without any,
 * it is a file that dray-bounce can read.
 */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cmd/dray-bounce/back.h"
#include "cmd/dray-fsck/fsck.h"
#include "t/fuzz/fuzz.h"

/* What cannot be read is said on standard error, too. */
FUZZ_QUIET(strerr_warnvsys)

static int
file_of(const uint8_t *data, size_t n)
{
	static int fd = -1;

	if (fd == -1)
		fd = memfd_create("return", MFD_CLOEXEC);
	must(fd != -1 && ftruncate(fd, 0) == 0 && lseek(fd, 0, SEEK_SET) == 0);
	must(write(fd, data, n) == (ssize_t)n && lseek(fd, 0, SEEK_SET) == 0);
	return fd;
}

static void
check_text(const struct fsck *k, const char *s, size_t n)
{
	uint64_t lines = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		must(s[i] == '\n' || (s[i] >= 32 && s[i] < 127));
		lines += s[i] == '\n';
	}
	must(lines == k->findings && lines <= 1);
}

static void
check_good(const uint8_t *data, size_t n)
{
	static struct back_mail m;
	char *s = malloc(n);

	must(s != NULL);
	memcpy(s, data, n);
	must(backmail_head(&m, s, n) == 1);
	free(s);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct fsck k = { .dir = "returns/new",
		.name = "1700000000.M123456P99Q7.returns",
		.msg = -1 };
	FILE *before = stdout;
	char *text = NULL;
	size_t len = 0;
	struct stat st;
	int fd = file_of(data, n);

	must(fstat(fd, &st) == 0);
	stdout = open_memstream(&text, &len);
	must(stdout != NULL);
	return_look(&k, fd, &st);
	must(fclose(stdout) == 0);
	stdout = before;
	check_text(&k, text, len);
	free(text);
	must(k.returns == 1 && !k.unread);
	if (!k.findings)
		check_good(data, n);
	return 0;
}
