#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <skalibs/strerr.h>

#include "cmd/dray-send/send.h"

#define GAUGE_SIZE 4096

/* How much is queued, where dray-queued sees it. */
void
gauge_set(void)
{
	if (self.gauge)
		field_pack64(self.gauge, self.nmsg);
}

/* So many messages were taken from new/. */
void
gauge_loaded(uint32_t n)
{
	self.loaded += n;
	if (self.gauge)
		field_pack64(self.gauge + 16, self.loaded);
}

/* All notices of delays until now are on disk (delay.c). */
void
gauge_told(uint32_t now)
{
	if (self.gauge)
		field_pack64(self.gauge + 8, now);
}

void
gauge_init(void)
{
	int fd = openat(self.spool.dir, "gauge",
	    O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);
	void *p = MAP_FAILED;
	struct field f;

	/* Its block must be there: writing to a hole of a full disk kills. */
	if (fd != -1 && posix_fallocate(fd, 0, GAUGE_SIZE) == 0)
		p = mmap(NULL, GAUGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
		    fd, 0);
	if (p == MAP_FAILED)
		strerr_warnwusys("map spool/gauge, the queue has no limit");
	else
		self.gauge = p;
	if (self.gauge) {
		field_start(&f, self.gauge + 8, 16);
		self.told = field_getu64(&f);
		self.loaded = field_getu64(&f);
	}
	if (fd != -1)
		close(fd);
}
