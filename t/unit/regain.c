/* Bundles that have lost their names, whole and torn at every place. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/bundlemake.h"
#include "common/crc32c.h"
#include "common/regain.h"
#include "t/lib/spooldirs.h"

#define OLD "1700000000.M1P1Q1.host"
#define OTHER "1700000000.M1P1Q2.host"
#define ID "1700000001.M2P2Q2.host"
#define MSGS 3
#define RCPTS 3 /* of each message */

static struct spool s;

/* A bundle of some messages in free/, and how long it is. */
static off_t
put(const char *name, const char *id)
{
	static const char text[] =
	    "Subject: x\r\n\r\nsome text of a message\r\n";
	struct bundle_rcpt r = { .local = { "local", 5 } };
	struct bundlemake m[MSGS], *p[MSGS];
	struct stat st;
	int i, j, fd = openat(s.used, name, O_RDWR | O_CREAT | O_EXCL, 0600);

	for (i = 0; i < MSGS; i++) {
		p[i] = &m[i];
		bundlemake_init(p[i]);
		m[i].meta.number = (uint32_t)i;
		bundlemake_set(p[i], BUNDLEMAKE_SENDER, "a@b.example", 11);
		for (j = 0; j < RCPTS; j++)
			bundlemake_rcpt(
			    p[i], j ? "x.example" : "y.example", 9, &r);
		if (!stralloc_catb(&m[i].body, text, sizeof text - 1))
			exit(111);
		m[i].meta.stored = m[i].meta.plain = sizeof text - 1;
		m[i].meta.crc = crc32c(0, text, sizeof text - 1);
	}
	if (fd == -1 || bundlemake_write(fd, id, p, MSGS) == -1 ||
	    fstat(fd, &st) == -1)
		exit(111);
	for (i = 0; i < MSGS; i++)
		bundlemake_free(p[i]);
	close(fd);
	return st.st_size;
}

static int
count(int dirfd)
{
	DIR *d = fdopendir(openat(dirfd, ".", O_RDONLY | O_DIRECTORY));
	struct dirent *e;
	int n = 0;

	while ((e = readdir(d)))
		n += e->d_name[0] != '.';
	closedir(d);
	return n;
}

/* How many files have left free/. */
static int
regain(void)
{
	int before = count(s.used);

	return regain_start(&s, 0) == 1 ? before - count(s.used) : -1;
}

static int
is_there(int dirfd, const char *name)
{
	return faccessat(dirfd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static void
flip(const char *name, off_t at)
{
	int fd = openat(s.used, name, O_RDWR);
	char c;

	if (pread(fd, &c, 1, at) != 1)
		exit(111);
	c ^= 0x10;
	if (pwrite(fd, &c, 1, at) != 1)
		exit(111);
	close(fd);
}

static void
done(const char *name, unsigned char first, unsigned char second)
{
	unsigned char bits[2] = { first, second };
	int fd = openat(s.used, name, O_RDWR);
	off_t end = lseek(fd, 0, SEEK_END);

	if (pwrite(fd, bits, 2, end - BUNDLE_PAGE) != 2)
		exit(111);
	close(fd);
}

static void
names(void)
{
	put(OLD, ID);
	is_int(regain(), 1, "one that has lost its name");
	ok(is_there(s.fresh, ID) && !is_there(s.used, OLD), "has it again");
	is_int(regain(), 0, "and nothing is left to do");
	put(OLD, ID);
	is_int(regain(), 1, "the same again, which cannot be");
	ok(is_there(s.bad, OLD) && is_there(s.fresh, ID),
	    "is put aside, over nothing");
	unlinkat(s.fresh, ID, 0);
	unlinkat(s.bad, OLD, 0);
	put(ID, ID);
	is_int(regain(), 0, "one under its own name is finished");
	ok(is_there(s.used, ID), "and stays");
	unlinkat(s.used, ID, 0);
}

static void
bits(void)
{
	put(OLD, ID);
	done(OLD, 0xff, 0x01);
	is_int(regain(), 0, "one of which all is done is finished");
	done(OLD, 0xff, 0x00);
	is_int(regain(), 1, "not so if one recipient is left");
	unlinkat(s.fresh, ID, 0);
}

/* Where the octets of the last message end. */
static off_t
end_of(const char *name)
{
	struct bundle_msg m;
	struct bundle b;
	int fd = openat(s.used, name, O_RDONLY);

	if (bundle_open(&b, fd) == -1 || bundle_msg(&b, MSGS - 1, &m) == -1)
		exit(111);
	bundle_close(&b);
	close(fd);
	return (off_t)(m.offset + m.stored);
}

/* All that was not written yet, or not as it should be. */
static void
torn(void)
{
	off_t size = put(OLD, ID), at, end = end_of(OLD);
	int fd, got = 0;

	for (at = 0; at < end; at++) {
		flip(OLD, at);
		got += regain() != 0;
		flip(OLD, at);
	}
	ok(at > 600, "each octet in its turn");
	is_int(got, 0, "where it is not what it should be nothing is regained");
	fd = openat(s.used, OLD, O_RDWR);
	if (ftruncate(fd, size - 1) == -1)
		exit(111);
	close(fd);
	is_int(regain(), 0, "cut short");
	ok(is_there(s.used, OLD), "it stays to be written over");
	unlinkat(s.used, OLD, 0);
}

/* Of two that start, one looks; who comes while dray-queued runs does not. */
static void
locks(void)
{
	struct spool other;

	if (spool_open(&other, spooldirs_base) == -1)
		exit(111);
	put(OLD, ID);
	put(OTHER, OTHER);
	is_int(regain_start(&s, 1), 1, "dray-queued starts");
	ok(is_there(s.fresh, ID) && is_there(s.used, OTHER), "and regains");
	unlinkat(s.fresh, ID, 0);
	put(OLD, ID);
	is_int(regain_start(&other, 0), 0, "dray-send does not while it runs");
	ok(is_there(s.used, OLD), "so what is being written is left alone");
	flock(s.tmp, LOCK_UN);
	is_int(regain_start(&other, 0), 1, "it does where it is the first");
	ok(is_there(s.fresh, ID), "and regains, too");
	is_int(flock(s.tmp, LOCK_EX | LOCK_NB), 0, "without keeping the lock");
	unlinkat(s.fresh, ID, 0);
	unlinkat(s.used, OTHER, 0);
	spool_close(&other);
}

int
main(void)
{
	spooldirs_make("regain");
	if (spool_open(&s, spooldirs_base) == -1)
		return 111;
	names();
	bits();
	torn();
	locks();
	spool_close(&s);
	spooldirs_remove();
	return done_testing();
}
