#include <string.h>

#include <skalibs/strerr.h>

#include "cmd/dray-smtpd/handover.h"
#include "common/field.h"
#include "common/mem.h"

#define PIECE 32768 /* octets a frame */

/* All frames are made of bounded parts, so none is too large. */
static void
end_frame(struct frame *f)
{
	if (frame_end(f) == -1)
		strerr_dief(101, "a frame is too large");
}

static void
put(struct frame *f, const char *s)
{
	field_putstr(&f->out, s, strlen(s));
}

static void
put_text(struct frame *f, const stralloc *sa)
{
	field_putstr(&f->out, sa->len ? sa->s : "", sa->len);
}

/* They are in their form already; a frame has whole ones. */
static void
put_rcpts(struct frame *f, const stralloc *sa)
{
	size_t from = 0, at = 0, len;
	struct field r;

	field_start(&r, sa->s, sa->len);
	while (at < sa->len) {
		(void)field_getstr(&r, PIECE, &len);
		(void)field_getu8(&r);
		(void)field_getstr(&r, PIECE, &len);
		at = sa->len - field_left(&r);
		if (at - from < PIECE && at < sa->len)
			continue;
		frame_begin(f, 'R');
		mem_check(stralloc_catb(&f->out, sa->s + from, at - from));
		end_frame(f);
		from = at;
	}
}

void
handover_begin(struct frame *f, struct message *m)
{
	const struct settings *s = &m->head.settings;

	frame_begin(f, 'M');
	field_putu32(&f->out, 0);
	field_putu8(&f->out, m->ret);
	field_putu32(&f->out, s->lifetime);
	put_text(f, &m->sender);
	put_text(f, &m->envid);
	put(f, s->stream);
	put(f, s->route);
	put(f, s->tenant);
	put(f, s->campaign);
	end_frame(f);
	put_rcpts(f, &m->rcpts);
	stralloc_free(&m->rcpts);
}

void
handover_data(struct frame *f, struct message *m, const char *s, size_t n)
{
	size_t some;

	for (; n; n -= some, s += some) {
		some = n > PIECE ? PIECE : n;
		frame_begin(f, 'D');
		mem_room(&f->out, some);
		mem_check(stralloc_catb(&f->out, s, some));
		end_frame(f);
		m->sent += some;
	}
}

void
handover_end(struct frame *f, const struct message *m)
{
	frame_begin(f, 'E');
	field_putu64(&f->out, m->sent);
	end_frame(f);
}
