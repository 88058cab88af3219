#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <skalibs/strerr.h>

#include "cmd/dray-send/send.h"
#include "common/base.h"
#include "common/evwant.h"
#include "common/mem.h"
#include "common/sock.h"

#define NOREUSE 60 /* seconds, twice dray-remote's watchdog */
#define OUT_MAX (4u << 20) /* octets that a worker may leave unread */
#define RESULTS 16384 /* octets taken at a turn: new mail has its turn, too */

/* Its lanes are gone with it; what they had is scheduled anew.  A worker that
 * hangs does not see that we hung up, so it is killed where we may. */
static void
lost(struct worker *w)
{
	struct lane *l;
	struct open *o;
	uint32_t i;

	if (w->dead) {
		if (w->overdue && w->pid > 0)
			(void)kill(w->pid, SIGKILL);
		/* Until its watchdog ends it, it may still read files. */
		self.noreuse = ev_now(self.loop) + NOREUSE;
	}
	ev_io_stop(self.loop, &w->io);
	for (i = 1; i < self.nlane; i++) {
		l = self.lane[i];
		if (l && l->worker == w)
			lane_lost(l);
	}
	for (i = 1; i < self.slots.next; i++) {
		o = ((struct slot *)pool_at(&self.slots, i))->open;
		if (o)
			o->workers &= ~(1u << w->number);
	}
	self.worker[w->number] = NULL;
	self.nworker--;
	frame_free(&w->f);
	free(w);
}

static void
hello(struct worker *w, struct field *r)
{
	w->capacity = field_getu32(r);
	if (w->capacity > REMOTE_LANESMAX)
		w->capacity = REMOTE_LANESMAX;
}

static int
take(void *ctx, char type, const char *data, size_t len, int fd)
{
	struct worker *w = ctx;
	struct lane *l;
	struct field r;

	(void)fd; /* none is accepted */
	field_start(&r, data, len);
	if (type == 'H') {
		hello(w, &r);
		return field_end(&r) ? 0 : -1;
	}
	l = lane_find(w, field_getu32(&r));
	if (!l || r.bad)
		return -1;
	switch (type) {
	case 'U':
		lane_up(l, &r);
		break;
	case 'R':
		verdict_result(l, &r);
		break;
	case 'E':
		lane_down(l, &r);
		break;
	case 'X':
		verdict_damaged(l, &r);
		break;
	default:
		return -1;
	}
	return field_end(&r) ? 0 : -1;
}

/* Once a second is enough, whatever comes. */
static void
complain(void)
{
	static ev_tstamp said;
	ev_tstamp now = ev_now(self.loop);

	if (said + 1 > now && said <= now)
		return;
	said = now;
	strerr_warnw("a dray-remote sent a malformed frame");
}

static void
ready(struct ev_loop *loop, ev_io *e, int revents)
{
	struct worker *w = e->data;

	(void)loop;
	if (revents & EV_READ && frame_pump(&w->f, take, w) == -1) {
		if (errno == EPROTO || errno == ECANCELED) {
			complain();
			w->dead = 1;
		}
		lost(w);
	}
}

static void
worker_new(int fd)
{
	struct worker *w;
	unsigned int i;
	uid_t uid;

	for (i = 0; i < WORKERS_MAX && self.worker[i]; i++)
		;
	if (i == WORKERS_MAX) {
		strerr_warnw("too many dray-remotes, hung up on one");
		close(fd);
		return;
	}
	w = mem_alloc(sizeof *w);
	w->number = i;
	frame_init(&w->f, fd, REMOTE_FRAME_MAX, 0);
	w->f.most = RESULTS;
	if (sock_peer(fd, &uid, &w->pid) == -1)
		w->pid = 0;
	ev_io_init(&w->io, ready, fd, EV_READ);
	w->io.data = w;
	ev_io_start(self.loop, &w->io);
	self.worker[i] = w;
	self.nworker++;
}

static void
accept_some(struct ev_loop *loop, ev_io *e, int revents)
{
	int fd;

	(void)loop;
	(void)revents;
	while ((fd = sock_accept(e->fd)) != -1)
		worker_new(fd);
}

void
worker_listen(void)
{
	char path[BASE_PATHMAX];
	int fd;

	base_path(path, self.base, "sock/send");
	fd = sock_listen(path, 0660);
	if (fd == -1)
		strerr_diefusys(111, "listen on ", path);
	ev_io_init(&self.listener, accept_some, fd, EV_READ);
	ev_io_start(self.loop, &self.listener);
}

/* A quarter of the places is kept for mail that was never tried: it must not
 * wait until a backlog has met all the sites that do not answer.  Of that, half
 * is kept for streams that keep lanes. */
static uint32_t
places(const struct worker *w, enum want_class c)
{
	uint32_t most = w->capacity;

	if (c != WANT_URGENT)
		most -= w->capacity / (c == WANT_FRESH ? 8 : 4);
	if (w->dead || w->nlanes >= most || frame_pending(&w->f) >= OUT_MAX)
		return 0;
	return most - w->nlanes;
}

/* In all of them. */
uint32_t
worker_places(enum want_class c)
{
	unsigned int i;
	uint32_t n = 0;

	for (i = 0; i < WORKERS_MAX; i++)
		if (self.worker[i])
			n += places(self.worker[i], c);
	return n;
}

/* The one with the fewest lanes, if it has a place. */
struct worker *
worker_pick(const struct dest *d, uint8_t stream)
{
	enum want_class c = want_class(d, stream);
	struct worker *w, *best = NULL;
	unsigned int i;

	for (i = 0; i < WORKERS_MAX; i++) {
		w = self.worker[i];
		if (w && places(w, c) && (!best || w->nlanes < best->nlanes))
			best = w;
	}
	return best;
}

/* Workers get a descriptor of their own, open for reading only. */
int
worker_bundle(struct worker *w, struct open *o)
{
	char name[SPOOL_IDMAX + 1];
	int fd;

	if (o->workers >> w->number & 1)
		return 0;
	store_name(pool_at(&self.slots, o->slot), name);
	fd = openat(self.spool.cur, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1) {
		strerr_warnwusys("open bundle ", name);
		return -1;
	}
	frame_begin(&w->f, 'B');
	/* The worker is thousands of bundles behind. */
	if (frame_attach(&w->f, fd) == -1) {
		close(fd);
		w->dead = 1;
	}
	field_putu32(&w->f.out, o->slot);
	if (frame_end(&w->f) == -1)
		strerr_dief(101, "a frame is too large");
	o->workers |= 1u << w->number;
	return 0;
}

void
worker_forget(struct open *o)
{
	struct worker *w;
	unsigned int i;

	for (i = 0; i < WORKERS_MAX && o->workers; i++) {
		w = self.worker[i];
		if (!(o->workers >> i & 1) || !w)
			continue;
		frame_begin(&w->f, 'D');
		field_putu32(&w->f.out, o->slot);
		if (frame_end(&w->f) == -1)
			strerr_dief(101, "a frame is too large");
	}
	o->workers = 0;
}

/* Once a turn: all that was decided goes out together. */
void
worker_flush(void)
{
	struct worker *w;
	unsigned int i;
	int r;

	for (i = 0; i < WORKERS_MAX; i++) {
		w = self.worker[i];
		if (!w)
			continue;
		r = w->dead ? -1 : frame_flush(&w->f);
		if (r == -1 || frame_pending(&w->f) > 2 * OUT_MAX)
			lost(w);
		else
			evwant(self.loop, &w->io, w->f.fd,
			    EV_READ | (r == 0 ? EV_WRITE : 0));
	}
}
