/* Tables: what is put in is found, a file that is no table is refused, makers
 * do not get into each other's way, and a cut table does no harm. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <skalibs/djbunix.h>

#include "common/table.h"
#include "t/lib/tap.h"

#define N 5000

static char dir[4096];
static int dirfd;

static void
put_file(const char *name, const void *s, size_t n)
{
	int fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	if (fd == -1 || write(fd, s, n) != (ssize_t)n)
		abort();
	close(fd);
}

/* Key i leads to i octets. */
static void
make(const char *name, char value)
{
	struct table_make *m = table_make_start(dirfd, name);
	char data[N], key[16];
	int i, good = m != NULL;

	memset(data, value, sizeof data);
	for (i = 0; good && i < N; i++) {
		snprintf(key, sizeof key, "%d", i);
		good = !table_make_add(m, key, strlen(key), data, i);
	}
	ok(good && !table_make_add(m, "", 0, "empty", 5) &&
		!table_make_mode(m, 0600) && !table_make_finish(m),
	    "a table is made");
}

static void
test_find(const struct table *t, char value)
{
	const void *p;
	char data[N], key[16];
	size_t n;
	int i, good = 0;

	memset(data, value, sizeof data);
	for (i = 0; i < N; i++) {
		snprintf(key, sizeof key, "%d", i);
		if (table_find(t, key, strlen(key), &p, &n) == 1 &&
		    n == (size_t)i && !memcmp(p, data, n))
			good++;
	}
	is_int(good, N, "every key leads to its value");
	ok(table_find(t, "", 0, &p, &n) == 1 && n == 5, "so does an empty one");
	is_int(table_find(t, "5000", 4, &p, &n), 0, "an unknown key");
	is_int(table_find(t, "1", 2, &p, &n), 0, "a key and one octet");
}

static void
test_refused(void)
{
	static const char junk[4096];

	errno = 0;
	ok(!table_open("gone") && errno == ENOENT, "no file");
	put_file("small", "x", 1);
	ok(!table_open("small") && errno == EPROTO, "too small for a table");
	put_file("none", "", 0);
	ok(!table_open("none") && errno == EPROTO, "an empty file");
	ok(!table_open(".") && errno == EPROTO, "a directory");
	ok(!mkfifo("fifo", 0600) && !table_open("fifo") && errno == EPROTO,
	    "a fifo does not stop us");
	put_file("zero", junk, sizeof junk);
	table_close(table_open("zero"));
	table_close(NULL);
}

static void
test_changed(void)
{
	struct table *t = table_open("a");

	is_int(table_changed(t, "a"), 0, "the same file");
	make("a", 'y');
	is_int(table_changed(t, "a"), 1, "another file of that name");
	is_int(table_changed(t, "gone"), 0, "no file of that name");
	table_close(t);
}

static void
test_makers(void)
{
	struct table_make *m = table_make_start(dirfd, "a");
	struct table *t;

	errno = 0;
	ok(m && !table_make_start(dirfd, "a") && errno == EAGAIN,
	    "one maker at a time");
	ok(!table_make_add(m, "k", 1, "v", 1), "the first is not disturbed");
	table_make_abort(m);
	ok(access("a.tmp", F_OK) == -1, "an abort leaves nothing");
	t = table_open("a");
	ok(t != NULL, "and not another table");
	table_close(t);
	put_file("a.tmp", "left behind", 11);
	make("a", 'z');
	ok(!symlink("a", "b.tmp") && !table_make_start(dirfd, "b"),
	    "a link in place of the temporary file");
	ok(!table_make_start(-1, "b"), "no directory");
}

/* Whatever is missing at its end, a table is refused or finds no nonsense. */
static void
test_cut(void)
{
	static unsigned char s[1 << 22];
	struct table *t;
	const void *p;
	size_t len, n;
	int fd = open("small-table", O_RDONLY), i, bad = 0;
	ssize_t all;

	all = read(fd, s, sizeof s);
	close(fd);
	for (len = 0; len < (size_t)all; len += 7) {
		put_file("cut", s, len);
		t = table_open("cut");
		bad += t && table_sealed(t);
		for (i = 0; t && i < 3; i++)
			if (table_find(t, &"abc"[i], 1, &p, &n) == 1 &&
			    (n != 3 || memcmp(p, "123", 3)))
				bad++;
		table_close(t);
		unlink("cut");
	}
	is_int(bad, 0, "no cut table gives a wrong value, or is whole");
}

/* One octet at a time, and one more at the end. */
static void
test_sealed(void)
{
	static unsigned char s[1 << 14];
	int fd = open("small-table", O_RDONLY), good = 0;
	struct table *t = table_open("small-table");
	ssize_t i, all = read(fd, s, sizeof s - 1);

	ok(t && table_sealed(t), "a table is whole");
	table_close(t);
	for (i = 0; i <= all; i += i < 2040 ? 17 : 1) {
		s[i] ^= 32;
		put_file("bent", s, (size_t)(i < all ? all : all + 1));
		t = table_open("bent");
		good += !t || !table_sealed(t);
		table_close(t);
		unlink("bent");
		s[i] ^= 32;
	}
	is_int(good, 120 + all + 1 - 2040, "but not with an octet changed");
	close(fd);
	put_file("none", "", 0);
	put_file("zero", s + sizeof s - 2048, 2048);
	t = table_open("zero");
	ok(t && !table_sealed(t), "a table of zeroes is not");
	table_close(t);
}

static void
make_small(void)
{
	struct table_make *m = table_make_start(dirfd, "small-table");
	int i;

	for (i = 0; i < 3; i++)
		if (table_make_add(m, &"abc"[i], 1, "123", 3) == -1)
			abort();
	if (table_make_finish(m) == -1)
		abort();
}

int
main(void)
{
	const char *tmp = getenv("TMPDIR");
	struct table *t;
	struct stat st;

	snprintf(dir, sizeof dir, "%s/dray-table.XXXXXX", tmp ? tmp : "/tmp");
	if (!mkdtemp(dir) || chdir(dir) == -1)
		return 111;
	dirfd = open(".", O_RDONLY | O_DIRECTORY);
	make("a", 'x');
	ok(!stat("a", &st) && (st.st_mode & 0777) == 0600, "its mode");
	t = table_open("a");
	test_find(t, 'x');
	table_close(t);
	test_refused();
	test_changed();
	test_makers();
	make_small();
	test_cut();
	test_sealed();
	rm_rf(dir);
	return done_testing();
}
