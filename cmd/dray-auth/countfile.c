#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <skalibs/allreadwrite.h>
#include <skalibs/strerr.h>

#include "cmd/dray-auth/countfile.h"
#include "cmd/dray-auth/worker.h"
#include "common/mem.h"

#define DIR_PATH "auth/count"
#define PATH DIR_PATH "/" DAYCOUNT_FILE
#define NEW DIR_PATH "/" DAYCOUNT_NEW

static struct {
	struct ev_loop *loop;
	int fd;
	ev_timer sync;
	uint32_t today;
	daycount_fn *fn;
	stralloc anew;
} self;

static void
keep(void *arg, const struct daycount *r)
{
	unsigned char d[DAYCOUNT_LEN];

	(void)arg;
	if (r->day < self.today || self.anew.len >= COUNTFILE_OCTETS)
		return;
	daycount_pack(d, r);
	mem_check(stralloc_catb(&self.anew, (const char *)d, sizeof d));
	self.fn(arg, r);
}

static void
read_old(void)
{
	static char s[COUNTFILE_OCTETS];
	int fd = open(PATH, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	size_t n;

	if (fd == -1 && errno == ENOENT)
		return;
	if (fd == -1)
		strerr_diefusys(111, "open " PATH);
	errno = 0;
	n = allread(fd, s, sizeof s);
	if (n < sizeof s && errno && errno != EPIPE)
		strerr_diefusys(111, "read " PATH);
	close(fd);
	if (!daycount_each((unsigned char *)s, n, keep, NULL))
		strerr_warnw(PATH " is damaged: some of today's messages are "
				  "not counted");
}

static void
sync_dir(void)
{
	int fd = open(DIR_PATH, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd == -1 || fsync(fd) == -1)
		strerr_diefusys(111, "sync " DIR_PATH);
	close(fd);
}

static void
write_new(void)
{
	self.fd = open(
	    NEW, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (self.fd == -1 ||
	    allwrite(self.fd, self.anew.s, self.anew.len) < self.anew.len ||
	    fsync(self.fd) == -1 || rename(NEW, PATH) == -1)
		strerr_diefusys(111, "write " PATH);
	sync_dir();
}

static void
on_sync(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)w;
	(void)revents;
	worker_sync(self.fd);
}

void
countfile_start(struct ev_loop *loop, uint32_t today, daycount_fn *fn)
{
	unsigned char head[DAYCOUNT_LEN];

	self.loop = loop;
	self.today = today;
	self.fn = fn;
	daycount_head(head);
	mem_check(stralloc_copyb(&self.anew, (const char *)head, sizeof head));
	read_old();
	write_new();
	stralloc_free(&self.anew);
	ev_timer_init(&self.sync, on_sync, COUNTFILE_SYNC, 0);
}

void
countfile_put(uint32_t place, const struct daycount *r)
{
	static int told;
	unsigned char d[DAYCOUNT_LEN];
	off_t at = (off_t)(1 + place) * DAYCOUNT_LEN;

	daycount_pack(d, r);
	if (pwrite(self.fd, d, sizeof d, at) != sizeof d) {
		if (!told)
			strerr_warnwusys("write " PATH);
		told = 1;
		return;
	}
	told = 0;
	if (!ev_is_active(&self.sync)) {
		ev_timer_set(&self.sync, COUNTFILE_SYNC, 0);
		ev_timer_start(self.loop, &self.sync);
	}
}
