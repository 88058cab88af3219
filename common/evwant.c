#include "common/evwant.h"

void
evwant(struct ev_loop *loop, ev_io *w, int fd, int events)
{
	if (ev_is_active(w) && fd == w->fd &&
	    events == (w->events & (EV_READ | EV_WRITE)))
		return;
	ev_io_stop(loop, w);
	ev_io_set(w, fd, events);
	if (events)
		ev_io_start(loop, w);
}
