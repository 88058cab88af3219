/*
 * dray-remote - speaks SMTP to the world for dray-send.  See dray-remote(8).
 *
 * Connects to BASE/sock/send, shuts itself in, and then does what it is told
 * (remoteproto.h).  It keeps nothing: whatever happens to it, dray-send knows
 * from the end of their connection what is to be done again.
 */
#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <skalibs/strerr.h>

#include "common/base.h"
#include "common/drop.h"
#include "common/mem.h"
#include "common/sock.h"

#include "worker.h"

#define USAGE "dray-remote [-b base] [-d fd]"
#define TRIES 4
#define PAUSE 50000000 /* nanoseconds before the second try; then doubled */

/* Services start side by side, so dray-send may be a moment late.  If it is
 * later than that, s6 starts us again. */
static int
connect_to_send(const char *base)
{
	struct timespec pause = { 0, PAUSE };
	char path[BASE_PATHMAX];
	int fd = -1, i;

	base_path(path, base, "sock/send");
	for (i = 0; i < TRIES; i++) {
		fd = sock_connect(path);
		if (fd != -1 || (errno != ENOENT && errno != ECONNREFUSED))
			break;
		if (i < TRIES - 1)
			nanosleep(&pause, NULL);
		pause.tv_nsec *= 2;
	}
	if (fd == -1)
		strerr_diefusys(111, "connect to ", path);
	return fd;
}

int
main(int argc, char const *const *argv)
{
	const struct drop cage = {
		.promises = DROP_LOOP | DROP_INET | DROP_FDS | DROP_LOCAL,
	};
	const char *base;
	unsigned int ready;
	struct worker *w;
	int fd;

	PROG = "dray-remote";
	base = base_daemon(argc, argv, USAGE, &ready);
	w = mem_alloc(sizeof *w);
	worker_init(w);
	fd = connect_to_send(base);
	/* From where dray-sign is looked for, whenever it comes. */
	if (chdir(base) == -1)
		strerr_diefusys(111, "change to ", base);
	worker_start(w, fd);
	base_ready(ready);
	drop_enter(&cage);
	worker_run(w);
}
