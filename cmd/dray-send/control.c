#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include <skalibs/strerr.h>

#include "cmd/dray-send/control.h"
#include "cmd/dray-send/why.h"
#include "common/base.h"
#include "common/evwant.h"
#include "common/mem.h"
#include "common/sock.h"

/* The connections of those who look and steer (dray-protocols(7), "Control"). */
#define FRAME_IN 4096
#define CONTROLS_MAX 64

static unsigned int ncontrols;

static void
control_free(struct control *c)
{
	ev_io_stop(self.loop, &c->io);
	command_end(c);
	why_end(c);
	TAILQ_REMOVE(&self.controls, c, link);
	ncontrols--;
	frame_free(&c->f);
	free(c);
}

static int
take(void *ctx, char type, const char *data, size_t len, int fd)
{
	struct control *c = ctx;

	(void)fd;
	if (c->listing || c->command || c->why ||
	    frame_pending(&c->f) > CONTROL_OUTMAX)
		return -1;
	if (type == 'A')
		return command_begin(c, data, len);
	if (type == CONTROL_WHY)
		return why_begin(c, data, len);
	if (len)
		return -1;
	if (type == 'S')
		stats_answer(c);
	else if (type == 'L')
		c->listing = 1;
	else
		return -1;
	return 0;
}

static void
ready(struct ev_loop *loop, ev_io *w, int revents)
{
	struct control *c = w->data;
	int r;

	if (revents & EV_READ && frame_pump(&c->f, take, c) == -1) {
		control_free(c);
		return;
	}
	listing_some(c);
	r = frame_flush(&c->f);
	if (r == -1) {
		control_free(c);
		return;
	}
	evwant(
	    loop, w, c->f.fd, EV_READ | (r == 0 || c->listing ? EV_WRITE : 0));
}

void
control_write(struct control *c)
{
	evwant(self.loop, &c->io, c->f.fd, EV_READ | EV_WRITE);
}

static void
accept_some(struct ev_loop *loop, ev_io *w, int revents)
{
	struct control *c;
	int fd;

	(void)revents;
	while ((fd = sock_accept(w->fd)) != -1) {
		if (ncontrols == CONTROLS_MAX) {
			close(fd);
			continue;
		}
		c = mem_alloc(sizeof *c);
		frame_init(&c->f, fd, FRAME_IN, 0);
		TAILQ_INSERT_TAIL(&self.controls, c, link);
		ncontrols++;
		ev_io_init(&c->io, ready, fd, EV_READ);
		c->io.data = c;
		ev_io_start(loop, &c->io);
	}
}

void
control_listen(void)
{
	char path[BASE_PATHMAX];
	int fd;

	base_path(path, self.base, "sock/control");
	fd = sock_listen(path, 0600);
	if (fd == -1)
		strerr_diefusys(111, "listen on ", path);
	TAILQ_INIT(&self.controls);
	ev_io_init(&self.control, accept_some, fd, EV_READ);
	ev_io_start(self.loop, &self.control);
}
