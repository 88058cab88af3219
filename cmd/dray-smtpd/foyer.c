#include <errno.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cmd/dray-smtpd/foyer.h"
#include "cmd/dray-smtpd/proxy.h"
#include "common/complain.h"
#include "common/mem.h"

struct guest {
	TAILQ_ENTRY(guest) in_all;
	struct ev_loop *loop;
	ev_io io;
	ev_timer timer;
	foyer_fn *fn;
	void *ctx;
	struct net_addr addr;
	size_t n;
	char b[PROXY_MAX];
};

static TAILQ_HEAD(guests, guest) all = TAILQ_HEAD_INITIALIZER(all);
static unsigned int nguest;

unsigned int
foyer_count(void)
{
	return nguest;
}

static void
leave(struct guest *g)
{
	ev_io_stop(g->loop, &g->io);
	ev_timer_stop(g->loop, &g->timer);
	TAILQ_REMOVE(&all, g, in_all);
	nguest--;
	free(g);
}

static void
end(struct guest *g, const char *why)
{
	if (why)
		complain_client(why);
	close(g->io.fd);
	leave(g);
}

/* What is looked at and not part of the header stays where it is. */
static void
ready(struct ev_loop *loop, ev_io *w, int revents)
{
	struct guest *g = w->data;
	struct guest was;
	struct proxy p;
	ssize_t n = recv(w->fd, g->b + g->n, sizeof g->b - g->n, MSG_PEEK);
	int r = 0, fd = w->fd;

	(void)loop;
	(void)revents;
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0)
		r = proxy_parse(&p, g->b, g->n + (size_t)n);
	if (n > 0 && r >= 0)
		n = recv(fd, g->b + g->n, r ? (size_t)r - g->n : (size_t)n, 0);
	if (n <= 0 || r == -1) {
		end(g, n <= 0 ? NULL : "sent no good PROXY header");
		return;
	}
	g->n += (size_t)n;
	if (!r)
		return;
	was = *g;
	leave(g);
	was.fn(was.ctx, fd, p.known ? &p.addr : &was.addr);
}

static void
on_time(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)revents;
	end(w->data, "sent no PROXY header");
}

void
foyer_enter(struct ev_loop *loop, int fd, const struct net_addr *a,
    foyer_fn *fn, void *ctx)
{
	struct guest *g = mem_alloc(sizeof *g);

	g->loop = loop;
	g->addr = *a;
	g->fn = fn;
	g->ctx = ctx;
	TAILQ_INSERT_TAIL(&all, g, in_all);
	nguest++;
	ev_io_init(&g->io, ready, fd, EV_READ);
	ev_timer_init(&g->timer, on_time, FOYER_TIME, 0);
	g->io.data = g->timer.data = g;
	ev_io_start(loop, &g->io);
	ev_timer_start(loop, &g->timer);
}

void
foyer_close(void)
{
	while (!TAILQ_EMPTY(&all))
		end(TAILQ_FIRST(&all), NULL);
}
