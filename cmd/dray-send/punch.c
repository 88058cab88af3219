#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "cmd/dray-send/send.h"
#include "common/mem.h"

#define FEW 4 /* a bundle lingers when less than one in FEW is left */

/*
 * A bundle in which a few recipients linger would keep the disk space of all
 * its messages for days.  The octets of those that are done are punched out of
 * the file: nothing is copied, nothing is renamed, and the index, the done
 * bits and every number stay as they are.
 */
static int
all_done(const struct open *o, const struct bundle_msg *m)
{
	uint32_t i;

	for (i = 0; i < m->nrcpt; i++)
		if (!open_isdone(o, m->first + i))
			return 0;
	return 1;
}

static void
add(struct hole *h, size_t *n, uint64_t offset, uint64_t length)
{
	if (*n && h[*n - 1].offset + h[*n - 1].length == offset) {
		h[*n - 1].length += length;
		return;
	}
	h[*n].offset = offset;
	h[*n].length = length;
	(*n)++;
}

static void
punch(uint32_t slot)
{
	struct slot *s = pool_at(&self.slots, slot);
	struct open *o = s->open;
	struct bundle_msg m;
	struct hole *h;
	size_t n = 0;
	uint32_t i;
	int fd = o ? fcntl(o->fd, F_DUPFD_CLOEXEC, 0) : -1;

	if (fd == -1 || o->lo <= o->hi) {
		/* Its done bits could not be written: not now. */
		s->punched = 0;
		if (fd != -1)
			close(fd);
		return;
	}
	h = mem_array(o->b.nmsg, sizeof *h);
	for (i = 0; i < o->b.nmsg; i++)
		if (bundle_msg(&o->b, i, &m) == 0 && all_done(o, &m))
			add(h, &n, m.offset, m.stored);
	disk_punch(fd, h, n);
}

static struct {
	uint32_t *slot;
	size_t n, room;
} waiting;

/* Called when something of the bundle has to wait for its next attempt. */
void
punch_consider(uint32_t slot)
{
	struct slot *s = pool_at(&self.slots, slot);

	if (s->punched || s->bad || s->nmsg < 2 || s->left > s->nrcpt / FEW)
		return;
	s->punched = 1;
	if (waiting.n == waiting.room) {
		waiting.room = waiting.room ? waiting.room * 2 : 16;
		waiting.slot =
		    mem_grow(waiting.slot, waiting.room, sizeof *waiting.slot);
	}
	waiting.slot[waiting.n++] = slot;
}

/* Once a turn, after the done bits were written: the thread syncs them before
 * it punches. */
void
punch_turn(void)
{
	while (waiting.n)
		punch(waiting.slot[--waiting.n]);
}
