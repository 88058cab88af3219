/*
 * tail - the log as dray-tail finds it: a cursor, two files that were rotated
 * and the current one.  The input is the size of the pieces in which lines are
 * taken, one octet; then four times two octets length and content: the cursor,
 * the files.  The current one begins with its line, which tells its id.
 *
 * From the beginning every whole line comes once, in order.  From a cursor on
 * it is the end of that, beginning with a whole line.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <skalibs/stralloc.h>

#include "cmd/dray-tail/cursor.h"
#include "common/logread.h"
#include "common/mem.h"
#include "t/fuzz/fuzz.h"

#define FILES 4
#define FIRST LOGNAME_FIRST "20261122T030405.000003Z\",\"version\":1}\n"

static const char *const names[FILES] = { "cursor",
	"20261122T030405.000001Z.log", "20261122T030405.000002Z.log",
	LOGNAME_CURRENT };
static char base[64], cursor[80];
static int dir = -1, fds[FILES];
static stralloc whole; /* all lines there are */
static stralloc got;

static void
clean(void)
{
	int i;

	for (i = 0; i < FILES; i++)
		unlinkat(dir, names[i], 0);
	rmdir(base);
}

static void
set_up(void)
{
	int i;

	snprintf(base, sizeof base, "/tmp/dray-fuzz.XXXXXX");
	must(mkdtemp(base) != NULL);
	snprintf(cursor, sizeof cursor, "%s/cursor", base);
	dir = open(base, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	atexit(clean);
	for (i = 0; i < FILES; i++) {
		fds[i] =
		    openat(dir, names[i], O_RDWR | O_CREAT | O_CLOEXEC, 0600);
		must(fds[i] != -1);
	}
}

static void
put(int i, const uint8_t *s, size_t n)
{
	static stralloc sa;
	const char *nl;

	sa.len = 0;
	if (i == FILES - 1)
		mem_check(stralloc_cats(&sa, FIRST));
	mem_check(stralloc_catb(&sa, (const char *)s, n));
	must(ftruncate(fds[i], 0) == 0 &&
	    pwrite(fds[i], sa.s, sa.len, 0) == (ssize_t)sa.len);
	nl = i && sa.len ? memrchr(sa.s, '\n', sa.len) : NULL;
	if (nl)
		mem_check(stralloc_catb(&whole, sa.s, (size_t)(nl + 1 - sa.s)));
}

/* Takes all lines, at most so many octets at a time. */
static void
read_all(struct logread *s, size_t piece)
{
	const char *p;
	size_t n, len;
	int r;

	got.len = 0;
	while ((r = logread_read(s, &p, &len)) == 1) {
		must(len && len <= LOGREAD_BUF && p[len - 1] == '\n');
		/* Whole lines, as dray-tail does it. */
		for (n = len < piece ? len : piece; p[n - 1] != '\n';)
			n++;
		mem_check(stralloc_catb(&got, p, n));
		logread_done(s, n);
		must(got.len <= whole.len);
	}
	must(r == 0);
	if (s->fd != -1)
		close(s->fd);
}

static void
from_cursor(struct logread *s, size_t piece)
{
	char id[LOGNAME_ID + 1];
	uint64_t offset;
	size_t from;
	int r = cursor_load(cursor, id, &offset);

	if (r != 1)
		return;
	must(logname_idok(id) && strlen(id) == LOGNAME_ID);
	logread_init(s, dir);
	must(logread_seek(s, id, offset) != -1);
	read_all(s, piece);
	from = whole.len - got.len;
	must(got.len == 0 || memcmp(whole.s + from, got.s, got.len) == 0);
	must(got.len == 0 || from == 0 || whole.s[from - 1] == '\n');
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct logread s;
	size_t i = 1, len, piece;
	int k;

	if (n == 0)
		return 0;
	if (dir == -1)
		set_up();
	piece = data[0] + 1u;
	whole.len = 0;
	for (k = 0; k < FILES; k++, i += len) {
		len = 0;
		if (n - i >= 2) {
			len = data[i] * 256u + data[i + 1];
			i += 2;
			if (len > n - i)
				len = n - i;
		}
		put(k, data + i, len);
	}
	logread_init(&s, dir);
	read_all(&s, piece);
	must(got.len == whole.len && memcmp(got.s, whole.s, got.len) == 0);
	from_cursor(&s, piece);
	logread_init(&s, dir);
	must(logread_last(&s, piece) != -1);
	read_all(&s, piece);
	return 0;
}
