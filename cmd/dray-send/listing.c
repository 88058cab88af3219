#include <stdio.h>
#include <string.h>

#include <skalibs/strerr.h>

#include "cmd/dray-send/control.h"
#include "cmd/dray-send/path.h"
#include "cmd/dray-send/steer.h"
#include "cmd/dray-send/way.h"
#include "common/json.h"
#include "common/mem.h"

/*
 * A listing of a million messages is made as it is read, a piece at a turn of
 * the loop, so that nobody waits for it.
 */
#define PIECE 49152 /* octets of listing in one frame, and one line more */

/* The recipients of a message that are not done, the first few by name. */
static void
put_rcpts(stralloc *sa, const struct open *o, const struct bundle_msg *m)
{
	stralloc block = STRALLOC_ZERO;
	struct field runs = m->runs, f;
	struct bundle_run r;
	struct bundle_rcpt p;
	char b[BUNDLE_ADDRMAX + 8];
	uint32_t i, shown = 0;
	int n;

	json_arr(sa, "rcpt");
	while (shown < 10 && bundle_run(&o->b, &runs, &r) == 1) {
		if (bundle_block(&o->b, &r, &block) == -1)
			break;
		field_start(&f, block.s, block.len);
		for (i = 0; shown < 10 && bundle_rcpt(&f, &p) == 1; i++) {
			if (open_isdone(o, r.first + i))
				continue;
			n = snprintf(b, sizeof b, "%.*s@%.*s", (int)p.local.len,
			    p.local.s, (int)r.domain.len, r.domain.s);
			json_str(sa, NULL, b,
			    (size_t)n < sizeof b ? (size_t)n : sizeof b - 1);
			shown++;
		}
	}
	json_arrend(sa);
	stralloc_free(&block);
}

/* How many of the recipients that wait a rule holds.  One run after the other,
 * since a rule may be for a destination. */
static uint32_t
count_held(const struct open *o, uint32_t no, const struct bundle_msg *m)
{
	const struct slot *s = pool_at(&self.slots, o->slot);
	struct field runs = m->runs;
	struct bundle_run r;
	struct dest *d;
	uint32_t n = 0;

	if (!rules.generation)
		return 0;
	path_begin(m);
	while (bundle_run(&o->b, &runs, &r) == 1) {
		d = dest_find(way_path(s, no, m, &r), r.domain.s, r.domain.len);
		if (!d)
			continue;
		if (!hold_msg(o->slot, d, m))
			continue;
		n += open_undone(o, r.first, r.count);
	}
	return n;
}

static void
list_msg(stralloc *sa, const struct open *o, uint32_t no)
{
	static stralloc runs;
	char id[SPOOL_MSGIDMAX + 1];
	struct bundle_msg m;
	uint32_t left;

	if (bundle_msg(&o->b, no, &m) == -1)
		return;
	left = open_undone(o, m.first, m.nrcpt);
	if (left == 0 || bundle_runs(&o->b, no, &m, &runs) == -1)
		return;
	snprintf(id, sizeof id, "%s-%u", o->b.id, m.number);
	json_open(sa);
	json_text(sa, "id", id);
	json_str(sa, "sender", m.sender.s, m.sender.len);
	json_u64(sa, "size", m.plain);
	json_u64(sa, "arrival", m.arrival / 1000000);
	json_u64(sa, "expiry", m.expiry);
	json_u64(sa, "recipients", left);
	json_u64(sa, "held", count_held(o, no, &m));
	json_str(sa, "stream", m.stream.s, m.stream.len);
	json_str(sa, "route", m.route.s, m.route.len);
	json_str(sa, "tenant", m.tenant.s, m.tenant.len);
	json_str(sa, "campaign", m.campaign.s, m.campaign.len);
	put_rcpts(sa, o, &m);
	json_line(sa);
	stralloc_free(&runs);
}

/* A bundle's messages may be a megabyte of lines: whole lines are cut into
 * frames. */
static void
put_lines(struct control *c, const stralloc *sa)
{
	size_t from = 0, len;
	const char *nl;

	while (from < sa->len) {
		len = sa->len - from;
		if (len > PIECE) {
			nl = memrchr(sa->s + from, '\n', PIECE);
			len = nl ? (size_t)(nl + 1 - (sa->s + from)) : PIECE;
		}
		frame_begin(&c->f, 'L');
		mem_check(stralloc_catb(&c->f.out, sa->s + from, len));
		if (frame_end(&c->f) == -1)
			strerr_dief(101, "a listing does not fit into a frame");
		from += len;
	}
}

void
listing_some(struct control *c)
{
	stralloc sa = STRALLOC_ZERO;
	struct slot *s;
	struct open *o;
	uint32_t i;

	while (c->listing && frame_pending(&c->f) < CONTROL_OUTMAX) {
		if (c->listing >= self.slots.next) {
			c->listing = 0;
			frame_begin(&c->f, 'L');
			if (frame_end(&c->f) == -1)
				strerr_dief(101, "a frame is too large");
			break;
		}
		s = pool_at(&self.slots, c->listing++);
		if (s->nmsg == 0 || s->left == 0 || s->bad)
			continue;
		o = open_get((uint32_t)(c->listing - 1));
		if (!o)
			continue;
		sa.len = 0;
		for (i = 0; i < o->b.nmsg; i++)
			list_msg(&sa, o, i);
		put_lines(c, &sa);
	}
	stralloc_free(&sa);
}
