#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/regain.h"
#include "common/spool.h"
#include "t/lib/spooldirs.h"

/* Each of these once made, or could make, somebody open the wrong file. */
static const char *const hostile[] = {
	"",
	".",
	"..",
	"/",
	"1",
	"1.",
	"1.M2P3Q4",
	"1.M2P3Q4.",
	"1.M2P3Q4./",
	"1.M2P3Q4../../etc/passwd",
	"1.M2P3Q4.a/b",
	"1.M2P3Q4.a.b",
	"1.M2P3Q4.a b",
	"1.M2P3Q4.a\n",
	"1.M2P3Q4.\xc3\xa9",
	"1.M2P3Q4.a:2,S",
	"1.M2P3Q4-5.a",
	"1.M2P3.a",
	"1.P3M2Q4.a",
	"1.m2p3q4.a",
	"1.MP3Q4.a",
	"1.M-2P3Q4.a",
	"1.M+2P3Q4.a",
	"1.M 2P3Q4.a",
	"1.M0x2P3Q4.a",
	" 1.M2P3Q4.a",
	"+1.M2P3Q4.a",
	"-1.M2P3Q4.a",
	"a.M2P3Q4.a",
	".1.M2P3Q4.a",
	"1.M4294967296P3Q4.a",
	"1.M2P99999999999999999999Q4.a",
	"4294967296.M2P3Q4.a",
	"18446744073709551616.M2P3Q4.a",
	"01.M2P3Q4.a",
	"1.M02P3Q4.a",
	"1.M2P3Q00.a",
	"99999999999999999999999999.M2P3Q4.a",
	"1.M2P3Q4.a23456789012345678901234567890123",
	"1.M2P3Q4.a2345678901234567890123456789012345678901234567890123456789"
	"012345678901234567890123456789012345678901234567890123456789",
	"111111111111111111111111111111111111111111111111111111111111111111111"
	"111111111111111111111111111111111111111111111111111111.M2P3Q4.a",
};

static void
hostile_ids(void)
{
	struct spool_id id;
	size_t i;

	for (i = 0; i < sizeof hostile / sizeof *hostile; i++)
		ok(!spool_idparse(hostile[i], &id), hostile[i]);
}

static int
round_trip(const struct spool_id *id)
{
	char *buf = malloc(SPOOL_IDMAX + 1);
	struct spool_id back;
	size_t n = spool_idfmt(buf, id);
	int good;

	good = n == strlen(buf) && n <= SPOOL_IDMAX &&
	    spool_idparse(buf, &back) && back.sec == id->sec &&
	    back.usec == id->usec && back.pid == id->pid &&
	    back.seq == id->seq && back.host_len == id->host_len &&
	    memcmp(back.host, id->host, id->host_len) == 0;
	free(buf);
	return good;
}

static void
ids(void)
{
	struct spool_id id = { UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX,
		"abcdefghijklmnopqrstuvwxyz-_0123", SPOOL_HOSTMAX };
	struct spool_id least = { 0, 0, 0, 0, "-", 1 };

	ok(round_trip(&id), "the longest id");
	ok(round_trip(&least), "the shortest id");
	ok(spool_idparse("1700000000.M123456P99Q7.mx-1_a", &id) &&
		id.sec == 1700000000 && id.usec == 123456 && id.pid == 99 &&
		id.seq == 7 && id.host_len == 6 &&
		strcmp(id.host, "mx-1_a") == 0,
	    "a usual id");
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

static int
is_there(int dirfd, const char *name)
{
	struct stat st;

	return fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static void
new_name(struct spool *s, char *name)
{
	struct spool_id id;

	spool_idnew(s, &id);
	spool_idfmt(name, &id);
}

/* Puts a file of these octets into cur/, as dray-send would find it. */
static void
finished(struct spool *s, char *name, const char *octets)
{
	int fd;

	new_name(s, name);
	fd = spool_create(s->tmp, name);
	if (fd == -1 ||
	    write(fd, octets, strlen(octets)) != (ssize_t)strlen(octets) ||
	    spool_move(s->tmp, s->cur, name) == -1)
		exit(111);
	close(fd);
}

static void
unique(struct spool *s)
{
	char a[SPOOL_IDMAX + 1], b[SPOOL_IDMAX + 1];
	struct spool_id id;
	int i, same = 0, good = 1;

	new_name(s, a);
	for (i = 0; i < 5000; i++) {
		new_name(s, b);
		same += strcmp(a, b) == 0;
		good &= spool_idparse(b, &id);
		memcpy(a, b, sizeof a);
	}
	ok(good, "new ids are well formed");
	is_int(same, 0, "and differ");
}

static void
commits(struct spool *s)
{
	char name[SPOOL_IDMAX + 1];
	int fd;

	new_name(s, name);
	fd = spool_create(s->tmp, name);
	ok(fd != -1 && is_there(s->tmp, name), "created in tmp");
	ok(spool_create(s->tmp, name) == -1 && errno == EEXIST, "only once");
	is_int(spool_put(fd, s->tmp, s->fresh, name), 0, "put");
	ok(is_there(s->fresh, name) && !is_there(s->tmp, name), "into new");
	is_int(spool_commit(s->fresh), 0, "and committed");
	ok(spool_put(fd, s->tmp, s->fresh, name) == -1 && errno == ENOENT,
	    "only once");
	close(fd);
	ok(spool_commit(-1) == -1 && errno == EBADF,
	    "a directory that cannot be synced is not");
	errno = EIO;
	spool_undo(s->tmp, s->fresh, name);
	ok(errno == EIO && !is_there(s->fresh, name), "undone");
}

static void
not_synced(struct spool *s)
{
	char name[SPOOL_IDMAX + 1];
	int fd;

	new_name(s, name);
	fd = spool_create(s->tmp, name);
	ok(fd != -1 && spool_put(-1, s->tmp, s->fresh, name) == -1 &&
		errno == EBADF,
	    "a file that cannot be synced is not put");
	ok(is_there(s->tmp, name) && !is_there(s->fresh, name), "it stays");
	close(fd);
	spool_undo(s->tmp, s->fresh, name);
	ok(!is_there(s->tmp, name), "until that is undone");
}

/* An attacker who could write to tmp/ must not lead us elsewhere. */
static void
links(struct spool *s)
{
	char name[SPOOL_IDMAX + 1], old[SPOOL_IDMAX + 1];

	new_name(s, name);
	if (symlinkat("/etc/passwd", s->tmp, name) == -1)
		exit(111);
	ok(spool_create(s->tmp, name) == -1, "a link in tmp is not followed");
	unlinkat(s->tmp, name, 0);
	new_name(s, name);
	if (symlinkat("/etc/passwd", s->used, name) == -1)
		exit(111);
	s->nfree = 0;
	is_int(spool_reuse(s, old), -1, "nor one in free");
	unlinkat(s->used, name, 0);
}

static void
reuses(struct spool *s, struct spool *sender)
{
	char name[SPOOL_IDMAX + 1], old[SPOOL_IDMAX + 1], got[SPOOL_IDMAX + 1];
	struct stat st;
	int fd;

	is_int(spool_reuse(s, got), -1, "nothing to use again");

	finished(sender, old, "old octets");
	ok(spool_give(sender, old, 10) == 0 && !is_there(s->cur, old) &&
		is_there(s->used, old),
	    "a finished file is kept");
	fd = spool_reuse(s, got);
	ok(fd != -1 && fstat(fd, &st) == 0 && st.st_size == 10,
	    "it is given out again");
	ok(strcmp(got, old) == 0 && is_there(s->used, old),
	    "under its old name");
	is_int(pwrite(fd, "new", 3, 0), 3, "it can be written");
	new_name(s, name);
	is_int(spool_put_over(s, fd, got, name), 0, "put");
	ok(is_there(s->fresh, name) && !is_there(s->used, old), "into new");
	ok(spool_put_over(s, fd, got, name) == -1 && errno == ENOENT,
	    "only once");
	close(fd);
	spool_undo_over(s, got, name);
	ok(errno == ENOENT && !is_there(s->fresh, name), "undone");

	finished(sender, old, "x");
	ok(spool_give(sender, old, 10) == 0 &&
		spool_put_over(s, -1, old, name) == -1 && errno == EBADF &&
		is_there(s->used, old),
	    "what cannot be synced is not put");
	spool_undo_over(s, old, name);
	ok(!is_there(s->used, old), "and is removed");

	finished(sender, old, "x");
	fd = openat(s->cur, old, O_WRONLY);
	ok(fd != -1 && ftruncate(fd, 9 << 20) == 0 &&
		spool_give(sender, old, 10) == 0 && count(s->used) == 0 &&
		count(s->cur) == 0,
	    "a large file is not kept");
	close(fd);

	finished(sender, old, "x");
	ok(spool_give(sender, old, 0) == 0 && count(s->used) == 0 &&
		count(s->cur) == 0,
	    "none is kept where none is wanted");
}

/* The files are counted anew once the guess says that there are enough. */
static void
bounded(struct spool *s, struct spool *sender)
{
	char name[SPOOL_IDMAX + 1];
	int i, most = 0, fd, good = 1;

	for (i = 0; i < 300; i++) {
		finished(sender, name, "x");
		good &= spool_give(sender, name, 20) == 0;
		if (count(s->used) > most)
			most = count(s->used);
		if (i % 5 == 0) {
			fd = spool_reuse(s, name);
			good &= fd != -1;
			close(fd);
			unlinkat(s->used, name, 0);
		}
	}
	ok(good, "given and taken by two processes");
	is_int(most, 20, "never more than asked for");
	is_int(count(s->cur), 0, "nothing stays in cur");
	spool_empty(s);
	is_int(count(s->used), 0, "emptied");
	is_int(spool_reuse(s, name), -1,
	    "a name that has gone meanwhile does no harm");
}

/* As many as asked for, those that are there counted; all blocks are theirs. */
static void
ready(struct spool *s)
{
	char name[SPOOL_IDMAX + 1];
	struct stat st;
	int fd;

	spool_ready(s, 2, 1 << 20);
	is_int(count(s->used), 2, "files to write over are made");
	spool_ready(s, 3, 1 << 20);
	is_int(count(s->used), 3, "as many as are missing");
	fd = spool_reuse(s, name);
	ok(fd != -1 && fstat(fd, &st) == 0 && st.st_size == 1 << 20,
	    "of the size asked for");
	is_int(regain_is(fd, name, name), 0, "that hold no bundle");
	close(fd);
	spool_empty(s);
}

/* What is not a bundle's name is left alone. */
static void
foreign(struct spool *s)
{
	int fd = openat(s->used, "README", O_CREAT | O_WRONLY, 0600);

	close(fd);
	spool_empty(s);
	ok(is_there(s->used, "README"), "other files are left alone");
	unlinkat(s->used, "README", 0);
}

static void
trigger(struct spool *s)
{
	char path[300], b[8];
	int fd;

	spool_pull(s);
	is_int(s->trigger, -1, "pulled where there is no trigger");
	snprintf(path, sizeof path, "%s/spool/trigger", spooldirs_base);
	if (mkfifo(path, 0600) == -1)
		exit(111);
	spool_pull(s);
	is_int(s->trigger, -1, "and where nobody listens");
	fd = open(path, O_RDONLY | O_NONBLOCK);
	spool_pull(s);
	is_int(read(fd, b, sizeof b), 1, "somebody is woken");
	close(fd);
	spool_pull(s);
	is_int(s->trigger, -1, "the listener went away");
	fd = open(path, O_RDONLY | O_NONBLOCK);
	spool_pull(s);
	is_int(read(fd, b, sizeof b), 1, "and came back");
	close(fd);
	unlink(path);
}

static void
missing(void)
{
	struct spool s;
	char path[300];

	snprintf(path, sizeof path, "%s/spool/bounce/new", spooldirs_base);
	rmdir(path);
	ok(spool_open(&s, spooldirs_base) == -1 && errno == ENOENT,
	    "a directory lacks");
	is_str(s.where, "bounce/new", "and is named");
	spool_close(&s);
	ok(spool_open(&s, "/nonexistent") == -1, "no base");
	is_str(s.where, "/nonexistent", "is named too");
	spool_close(&s);
}

int
main(void)
{
	struct spool s, sender;
	uint64_t bytes, inodes;

	signal(SIGPIPE, SIG_IGN);
	hostile_ids();
	ids();
	spooldirs_make("spool");
	if (spool_open(&s, spooldirs_base) == -1 ||
	    spool_open(&sender, spooldirs_base) == -1)
		return 111;
	ok(spool_free(&s, &bytes, &inodes) == 0 && bytes && inodes,
	    "what is free");
	unique(&s);
	not_synced(&s);
	commits(&s);
	links(&s);
	reuses(&s, &sender);
	bounded(&s, &sender);
	ready(&s);
	foreign(&s);
	trigger(&s);
	spool_close(&s);
	spool_close(&sender);
	free(s.free);
	missing();
	spooldirs_remove();
	return done_testing();
}
