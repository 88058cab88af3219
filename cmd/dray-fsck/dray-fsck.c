/*
 * dray-fsck - verifies every invariant of the spool.  See dray-fsck(8).
 *
 * It changes nothing.  While it looks it holds the locks of dray-queued,
 * dray-send and dray-bounce, shared, so that none can start meanwhile.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

#include <skalibs/sgetopt.h>
#include <skalibs/strerr.h>

#include "cmd/dray-fsck/fsck.h"
#include "common/base.h"

#define USAGE "dray-fsck [-fqv] [-b base]"

/* A directory that is not there is a finding later.  The descriptor stays
 * open: the lock lasts as long. */
static void
lock(int spool, const char *dir, const char *daemon)
{
	int fd = openat(spool, dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd == -1 || flock(fd, LOCK_SH | LOCK_NB) == 0)
		return;
	if (errno == EWOULDBLOCK)
		strerr_dief(111, daemon, " is running; stop it first");
	strerr_diefusys(111, "lock spool/", dir);
}

static void
summary(const struct fsck *k)
{
	printf("%llu bundles, %llu of %llu recipients wait (%llu messages), "
	       "%llu notices, %llu files to reuse, %llu left over, "
	       "%llu came back, %llu kept, %llu set aside, %llu findings\n",
	    (unsigned long long)k->bundles, (unsigned long long)k->waiting,
	    (unsigned long long)k->recipients, (unsigned long long)k->messages,
	    (unsigned long long)k->notices, (unsigned long long)k->reusable,
	    (unsigned long long)k->leftover, (unsigned long long)k->returns,
	    (unsigned long long)k->kept, (unsigned long long)k->aside,
	    (unsigned long long)k->findings);
}

int
main(int argc, char const *const *argv)
{
	static struct fsck k;
	subgetopt l = SUBGETOPT_ZERO;
	const char *base = base_default();
	int opt, force = 0, verbose = 0, spool;

	PROG = "dray-fsck";
	while ((opt = subgetopt_r(argc, argv, "b:fqv", &l)) != -1) {
		if (opt == 'b')
			base = l.arg;
		else if (opt == 'f')
			force = 1;
		else if (opt == 'q')
			k.quiet = 1;
		else if (opt == 'v')
			verbose = 1;
		else
			strerr_dieusage(100, USAGE);
	}
	if (l.ind != argc)
		strerr_dieusage(100, USAGE);
	spool = base_dir(base, "spool");
	if (!force) {
		lock(spool, "cur", "dray-send");
		lock(spool, "tmp", "dray-queued");
		lock(spool, "bounce/cur", "dray-bounce");
	}
	place_all(&k, spool);
	if (verbose)
		summary(&k);
	if (fflush(stdout) == EOF)
		strerr_diefusys(111, "write what was found");
	return k.findings ? 100 : k.unread ? 111 : 0;
}
