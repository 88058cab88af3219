#include <skalibs/strerr.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"

void
buf_add(struct buf *b, const char *s, size_t n)
{
	size_t room;

	if (!n)
		return;
	if (b->pos + b->len + n > b->room && b->pos) {
		memmove(b->s, b->s + b->pos, b->len);
		b->pos = 0;
	}
	if (b->len + n > b->room) {
		room = 2 * (b->len + n) + 512;
		b->s = realloc(b->s, room);
		if (!b->s)
			strerr_diefusys(111, "buffer a reply");
		b->room = room;
	}
	memcpy(b->s + b->pos + b->len, s, n);
	b->len += n;
}

void
buf_take(struct buf *b, size_t n)
{
	b->pos += n;
	b->len -= n;
	if (!b->len)
		b->pos = 0;
}

void
buf_free(struct buf *b)
{
	free(b->s);
	b->s = NULL;
	b->pos = b->len = b->room = 0;
}
