#include <ev.h>
#include <stdlib.h>
#include <sys/time.h>
#include <unbound-event.h>

#include "cmd/dray-dns/ubloop.h"
#include "common/mem.h"

typedef void event_fn(int fd, short bits, void *arg);

/* The library sees the first member only. */
struct event {
	struct ub_event super;
	ev_io io;
	ev_timer timer;
	int fd;
	short bits;
	event_fn *fn;
	void *arg;
};

struct base {
	struct ub_event_base super;
	struct ev_loop *loop;
};

static struct base base;

static struct event *
event_of(struct ub_event *e)
{
	return (struct event *)(void *)e;
}

static int
stop(struct ub_event *ue)
{
	struct event *e = event_of(ue);

	ev_io_stop(base.loop, &e->io);
	ev_timer_stop(base.loop, &e->timer);
	return 0;
}

/* The function may free the event, so that nothing comes after it. */
static void
fire(struct event *e, short bits)
{
	if (!(e->bits & UB_EV_PERSIST))
		stop(&e->super);
	else if (ev_is_active(&e->timer))
		ev_timer_again(base.loop, &e->timer);
	e->fn(e->fd, bits, e->arg);
}

static void
on_io(struct ev_loop *loop, ev_io *io, int events)
{
	short bits = 0;

	(void)loop;
	if (events & EV_READ)
		bits |= UB_EV_READ;
	if (events & EV_WRITE)
		bits |= UB_EV_WRITE;
	fire(io->data, bits);
}

static void
on_timer(struct ev_loop *loop, ev_timer *t, int events)
{
	(void)loop;
	(void)events;
	fire(t->data, UB_EV_TIMEOUT);
}

static void
add_bits(struct ub_event *ue, short bits)
{
	stop(ue);
	event_of(ue)->bits |= bits;
}

static void
del_bits(struct ub_event *ue, short bits)
{
	stop(ue);
	event_of(ue)->bits &= (short)~bits;
}

static void
set_fd(struct ub_event *ue, int fd)
{
	stop(ue);
	event_of(ue)->fd = fd;
}

static void
free_event(struct ub_event *ue)
{
	stop(ue);
	free(event_of(ue));
}

static int
add(struct ub_event *ue, struct timeval *tv)
{
	struct event *e = event_of(ue);
	int events = 0;

	stop(ue);
	if (e->bits & UB_EV_READ)
		events |= EV_READ;
	if (e->bits & UB_EV_WRITE)
		events |= EV_WRITE;
	if (events && e->fd >= 0) {
		ev_io_set(&e->io, e->fd, events);
		ev_io_start(base.loop, &e->io);
	}
	if (tv) {
		/* A timer of 0 could not be armed again. */
		e->timer.repeat =
		    (double)tv->tv_sec + tv->tv_usec * 1e-6 + 1e-6;
		ev_timer_again(base.loop, &e->timer);
	}
	return 0;
}

static int
add_timer(struct ub_event *ue, struct ub_event_base *b, event_fn *fn, void *arg,
    struct timeval *tv)
{
	struct event *e = event_of(ue);

	(void)b;
	stop(ue);
	e->fd = -1;
	e->bits = UB_EV_TIMEOUT;
	e->fn = fn;
	e->arg = arg;
	return add(ue, tv);
}

static int
no_signal(struct ub_event *ue, struct timeval *tv)
{
	(void)ue;
	(void)tv;
	return -1;
}

static int
del_no_signal(struct ub_event *ue)
{
	(void)ue;
	return -1;
}

static void
windows_event(struct ub_event *ue)
{
	(void)ue;
}

static void
windows_block(struct ub_event *ue, int bits)
{
	(void)ue;
	(void)bits;
}

static struct ub_event_vmt event_vmt = {
	.add_bits = add_bits,
	.del_bits = del_bits,
	.set_fd = set_fd,
	.free = free_event,
	.add = add,
	.del = stop,
	.add_timer = add_timer,
	.del_timer = stop,
	.add_signal = no_signal,
	.del_signal = del_no_signal,
	.winsock_unregister_wsaevent = windows_event,
	.winsock_tcp_wouldblock = windows_block,
};

static struct ub_event *
new_event(struct ub_event_base *b, int fd, short bits, event_fn *fn, void *arg)
{
	struct event *e = mem_alloc(sizeof *e);

	(void)b;
	e->super.magic = UB_EVENT_MAGIC;
	e->super.vmt = &event_vmt;
	e->fd = fd;
	e->bits = bits;
	e->fn = fn;
	e->arg = arg;
	ev_init(&e->io, on_io);
	ev_init(&e->timer, on_timer);
	e->io.data = e->timer.data = e;
	return &e->super;
}

static struct ub_event *
new_signal(struct ub_event_base *b, int fd, event_fn *fn, void *arg)
{
	(void)b;
	(void)fd;
	(void)fn;
	(void)arg;
	return NULL;
}

static struct ub_event *
new_windows_event(struct ub_event_base *b, void *w, event_fn *fn, void *arg)
{
	(void)w;
	return new_signal(b, -1, fn, arg);
}

static void
free_base(struct ub_event_base *b)
{
	(void)b;
}

static int
no_dispatch(struct ub_event_base *b)
{
	(void)b;
	return -1;
}

static int
no_exit(struct ub_event_base *b, struct timeval *tv)
{
	(void)b;
	(void)tv;
	return -1;
}

static struct ub_event_base_vmt base_vmt = {
	.free = free_base,
	.dispatch = no_dispatch,
	.loopexit = no_exit,
	.new_event = new_event,
	.new_signal = new_signal,
	.winsock_register_wsaevent = new_windows_event,
};

struct ub_event_base *
ubloop_start(struct ev_loop *loop)
{
	base.super.magic = UB_EVENT_MAGIC;
	base.super.vmt = &base_vmt;
	base.loop = loop;
	return &base.super;
}
