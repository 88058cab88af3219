#include <errno.h>
#include <unistd.h>

#include <skalibs/strerr.h>

#include "common/field.h"
#include "common/sock.h"

#include "event.h"
#include "lane.h"
#include "link.h"
#include "order.h"
#include "worker.h"

static int
take_lane(struct worker *w, const char *data, size_t len)
{
	struct order o;

	if (order_read(&o, data, len) == -1 || lane_find(w, o.lane) ||
	    w->nlanes >= REMOTE_LANESMAX)
		return -1;
	lane_open(w, &o);
	return 0;
}

static int
take_job(struct worker *w, const char *data, size_t len)
{
	struct field r;
	struct lane *l;
	struct job *j = job_new(w);
	uint32_t lane;

	field_start(&r, data, len);
	lane = field_getu32(&r);
	j->id = field_getu32(&r);
	j->handle = handle_find(&w->handles, field_getu32(&r));
	l = lane_find(w, lane);
	if (j->handle)
		handle_use(j->handle);
	if (r.bad || job_read(j, &r) == -1 || !j->handle ||
	    (l && l->njobs == LANE_JOBSMAX)) {
		job_free(w, j);
		return -1;
	}
	/* A lane that has just gone down: its DOWN is on the way, and a job
	 * that is not in it was not begun. */
	if (l)
		lane_job(l, j);
	else
		job_free(w, j);
	return 0;
}

static int
take_number(const char *data, size_t len, uint32_t *n_r)
{
	struct field r;

	field_start(&r, data, len);
	*n_r = field_getu32(&r);
	return field_end(&r) ? 0 : -1;
}

static int
on_frame(void *ctx, char type, const char *data, size_t len, int fd)
{
	struct worker *w = ctx;
	struct lane *l;
	uint32_t n;

	if ((fd != -1) != (type == 'B')) {
		if (fd != -1)
			close(fd);
		return -1;
	}
	if (type == 'L')
		return take_lane(w, data, len);
	if (type == 'J')
		return take_job(w, data, len);
	if ((type != 'B' && type != 'D' && type != 'C') ||
	    take_number(data, len, &n) == -1)
		goto bad;
	if (type == 'B') {
		if (handle_add(&w->handles, n, fd) == -1)
			goto bad;
		return 0;
	}
	if (type == 'D')
		return handle_drop(&w->handles, n);
	l = lane_find(w, n);
	if (l)
		lane_close(l);
	return 0;
bad:
	if (fd != -1)
		close(fd);
	return -1;
}

static void
link_ended(void)
{
	if (errno == 0 || errno == ECONNRESET || errno == EPIPE)
		_exit(0);
	if (errno == EPROTO || errno == ECANCELED)
		strerr_dief(111, "malformed frame from dray-send");
	strerr_diefusys(111, "talk to dray-send");
}

static void
on_readable(struct ev_loop *loop, ev_io *io, int events)
{
	struct worker *w = io->data;

	(void)loop;
	(void)events;
	if (frame_pump(&w->link, on_frame, w) == -1)
		link_ended();
}

/* Sends what can be sent to dray-send.  When it does not read, no more
 * replies are read either: their results would pile up here. */
void
link_flush(struct worker *w)
{
	int r = frame_flush(&w->link);
	size_t pending;

	if (r == -1)
		link_ended();
	if (r == 0)
		ev_io_start(w->loop, &w->wr);
	else
		ev_io_stop(w->loop, &w->wr);
	pending = frame_pending(&w->link);
	if (pending > WORKER_HIGH) {
		w->choked = 1;
	} else if (w->choked && pending < WORKER_LOW) {
		w->choked = 0;
		event_unchoke(w);
	}
}

static void
on_writable(struct ev_loop *loop, ev_io *io, int events)
{
	(void)loop;
	(void)events;
	link_flush(io->data);
}

void
link_leave(struct worker *w)
{
	if (frame_flush(&w->link) != 1)
		strerr_warnw("dray-send did not take all results");
	_exit(0);
}

void
link_start(struct worker *w, int fd)
{
	if (sock_nonblock(fd) == -1)
		strerr_diefusys(111, "set up the socket");
	frame_init(&w->link, fd, REMOTE_FRAME_MAX, FRAME_FDMAX);
	ev_io_init(&w->rd, on_readable, fd, EV_READ);
	ev_io_init(&w->wr, on_writable, fd, EV_WRITE);
	w->rd.data = w->wr.data = w;
	ev_io_start(w->loop, &w->rd);
}
