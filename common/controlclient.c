#include <errno.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <skalibs/strerr.h>

#include "common/base.h"
#include "common/controlclient.h"
#include "common/frame.h"
#include "common/mem.h"
#include "common/sock.h"

struct asking {
	char type;
	int done;
	controlclient_fn *fn;
	void *ctx;
};

static int
take(void *ctx, char type, const char *data, size_t len, int fd)
{
	struct asking *a = ctx;

	(void)fd; /* descriptors are refused */
	if (type != a->type || a->done)
		return -1;
	a->done = a->fn(a->ctx, data, len);
	return a->done == -1 ? -1 : 0;
}

int
controlclient_connect(const char *base, unsigned int seconds)
{
	struct timeval t = { .tv_sec = seconds };
	char path[BASE_PATHMAX];
	int fd;

	base_path(path, base, "sock/control");
	fd = sock_connect(path);
	if (fd == -1 && (errno == ENOENT || errno == ECONNREFUSED))
		return -1;
	if (fd == -1)
		strerr_diefusys(111, "connect to ", path);
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t) == -1 ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof t) == -1)
		strerr_diefusys(111, "set up ", path);
	return fd;
}

void
controlclient_gone(const char *base)
{
	char path[BASE_PATHMAX];

	base_path(path, base, "sock/control");
	strerr_dief(111, "dray-send is not running: nobody listens on ", path);
}

static void
die_reading(void)
{
	if (errno == 0)
		strerr_dief(111, "dray-send closed the connection");
	if (errno == EPROTO || errno == ECANCELED)
		strerr_dief(111, "the answer of dray-send is malformed");
	strerr_diefusys(111, "read from dray-send");
}

void
controlclient_ask(
    int fd, char type, const stralloc *body, controlclient_fn *fn, void *ctx)
{
	struct asking a = { type, 0, fn, ctx };
	struct frame f;
	int r = 1;

	frame_init(&f, fd, FRAME_MAX, 0);
	frame_begin(&f, type);
	if (body)
		mem_check(stralloc_cat(&f.out, body));
	if (frame_end(&f) == -1 || frame_flush(&f) != 1)
		strerr_diefusys(111, "write to dray-send");
	while (r == 1 && !a.done)
		r = frame_pump(&f, take, &a);
	if (r == 0)
		strerr_dief(111, "dray-send does not answer");
	if (r == -1)
		die_reading();
	frame_free(&f);
}
