#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <skalibs/strerr.h>
#include <skalibs/types.h>

#include "cmd/dray-log/repair.h"
#include "common/logline.h"
#include "common/logproto.h"

/* Reads n octets at; a file shorter than that is an error here. */
static int
read_at(int fd, char *d, size_t n, uint64_t at)
{
	ssize_t r;

	for (; n; d += r, at += (uint64_t)r, n -= (size_t)r) {
		r = pread(fd, d, n, (off_t)at);
		if (r == -1 && errno == EINTR) {
			r = 0;
		} else if (r <= 0) {
			errno = r ? errno : EIO;
			return -1;
		}
	}
	return 0;
}

/* Where the line that ends before end begins, and whether it is good.  A line
 * longer than any of ours is not followed back: it is cut piece by piece. */
static int
last_line(int fd, uint64_t end, uint64_t *start_r, int *good_r)
{
	static char b[LOG_LINEMAX + 1];
	size_t n = end < sizeof b ? (size_t)end : sizeof b;
	const char *nl, *s = b;

	if (read_at(fd, b, n, end - n) == -1)
		return -1;
	nl = memrchr(b, '\n', n - 1);
	if (nl)
		s = nl + 1;
	*good_r = (nl || n == end) && logline_ok(s, (size_t)(b + n - s));
	*start_r = end - (uint64_t)(b + n - s);
	return 0;
}

static int
find_end(int fd, uint64_t *size_r)
{
	uint64_t start, end = *size_r;
	int good = 0;

	while (end) {
		if (last_line(fd, end, &start, &good) == -1)
			return -1;
		if (good)
			break;
		end = start;
	}
	*size_r = end;
	return 0;
}

static int
look_at_first(int fd, const char *boot, struct repair *r)
{
	char b[512], want[64];
	size_t n = r->size < sizeof b ? (size_t)r->size : sizeof b;
	const char *nl;

	if (read_at(fd, b, n, 0) == -1)
		return -1;
	nl = n ? memchr(b, '\n', n) : NULL;
	if (!nl)
		return 0;
	n = (size_t)(nl - b) + 1;
	r->ours = logname_first(b, n, r->id);
	if (!r->ours)
		return 0;
	r->first = n;
	snprintf(want, sizeof want, ",\"boot\":\"%s\"}", boot);
	r->thisboot = *boot && memmem(b, n, want, strlen(want));
	return 0;
}

static int
cut_end(int fd, uint64_t was, uint64_t size)
{
	char cut[UINT64_FMT];

	if (size == was)
		return 0;
	if (ftruncate(fd, (off_t)size) == -1)
		return -1;
	cut[uint64_fmt(cut, was - size)] = '\0';
	strerr_warnw(
	    "cut ", cut, " octets of unfinished lines from the end of the log");
	return 0;
}

int
repair_file(int fd, const char *boot, struct repair *r_r)
{
	struct stat st;

	memset(r_r, 0, sizeof *r_r);
	if (fstat(fd, &st) == -1)
		return -1;
	r_r->size = (uint64_t)st.st_size;
	if (look_at_first(fd, boot, r_r) == -1)
		return -1;
	if (!r_r->ours)
		return 0;
	if (find_end(fd, &r_r->size) == -1)
		return -1;
	return cut_end(fd, (uint64_t)st.st_size, r_r->size);
}
