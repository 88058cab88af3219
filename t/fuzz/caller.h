/*
 * caller - the one client of a daemon's client.c, for targets whose input is what
 * clients say.
 *
 *   caller_listen(name)    once: caller.loop, and a socket with a name of its
 *                          own to listen on, which is the result
 *   caller_come(framemax)  there is a new client, and the one before has gone
 *   caller_leave()         it goes
 *   caller_hear(fn)        what waits is taken in by the daemon, and fn gets its
 *                          answers.  0, or -1: it has hung up on the client,
 *                          which is gone
 *   caller_octets(s, n)    the client says these, whatever they are: from now
 *                          on caller.raw
 *   caller_say()           it says the frame that was begun on caller.f
 *
 * caller.f.fd is -1 while there is no client.
 */
#ifndef DRAY_FUZZ_CALLER_H
#define DRAY_FUZZ_CALLER_H

#include <errno.h>
#include <ev.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/frame.h"
#include "t/fuzz/fuzz.h"

static struct {
	struct ev_loop *loop;
	struct sockaddr_un where;
	struct frame f;
	int raw; /* nobody knows what was asked */
} caller = { .f = { .fd = -1 } };

static inline int
caller_listen(const char *name)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	caller.loop = ev_default_loop(EVFLAG_NOENV);
	caller.where.sun_family = AF_UNIX;
	snprintf(caller.where.sun_path + 1, sizeof caller.where.sun_path - 1,
	    "dray-fuzz-%s-%ld", name, (long)getpid());
	must(bind(fd, (struct sockaddr *)&caller.where, sizeof caller.where) ==
		0 &&
	    listen(fd, 100) == 0);
	return fd;
}

static inline void
caller_leave(void)
{
	if (caller.f.fd != -1)
		frame_free(&caller.f);
	caller.f.fd = -1;
}

static inline void
caller_come(uint32_t framemax)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	caller_leave();
	must(fd != -1 &&
	    connect(fd, (struct sockaddr *)&caller.where,
		sizeof caller.where) == 0);
	frame_init(&caller.f, fd, framemax, 0);
	caller.raw = 0;
}

static inline int
caller_hear(frame_fn *fn)
{
	int r = 1;

	ev_run(caller.loop, EVRUN_NOWAIT);
	ev_run(caller.loop, EVRUN_NOWAIT); /* answers leave before it sleeps */
	while (r == 1 && caller.f.fd != -1)
		r = frame_pump(&caller.f, fn, NULL);
	if (r != -1)
		return 0;
	must(errno == 0 || errno == ECONNRESET);
	caller_leave();
	return -1;
}

static inline void
caller_octets(const void *s, size_t n)
{
	if (caller.f.fd == -1)
		return;
	(void)!send(caller.f.fd, s, n, MSG_NOSIGNAL | MSG_DONTWAIT);
	caller.raw = 1;
}

static inline void
caller_say(void)
{
	must(frame_end(&caller.f) == 0);
	if (frame_flush(&caller.f) == -1)
		caller_leave();
}

#endif
