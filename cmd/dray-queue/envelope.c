#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "envelope.h"

struct reader {
	int fd;
	size_t n, i;
	char s[8192];
};

/* The next octet, or -1. */
static int
get(struct reader *r)
{
	ssize_t got;

	if (r->i == r->n) {
		do
			got = read(r->fd, r->s, sizeof r->s);
		while (got == -1 && errno == EINTR);
		if (got <= 0)
			return -1;
		r->n = (size_t)got;
		r->i = 0;
	}
	return (unsigned char)r->s[r->i++];
}

/* One address with its zero octet, to the end of text. */
static int
address(struct reader *r, stralloc *text)
{
	size_t len;
	int c;

	for (len = 0; len <= ENVELOPE_ADDRMAX; len++) {
		c = get(r);
		if (c == -1)
			return 54;
		if (!stralloc_append(text, (char)c))
			return 51;
		if (c == 0)
			return 0;
	}
	return 11;
}

int
envelope_read(struct envelope *e, int fd, uint32_t max)
{
	struct reader r = { .fd = fd };
	size_t first;
	int c, code;

	memset(e, 0, sizeof *e);
	c = get(&r);
	if (c != 'F')
		return c == -1 ? 54 : 91;
	code = address(&r, &e->text);
	first = e->text.len;
	while (!code) {
		c = get(&r);
		if (c == 0)
			break;
		if (c != 'T')
			return c == -1 ? 54 : 91;
		if (e->n == max)
			return 31;
		code = address(&r, &e->text);
		e->n++;
	}
	if (code)
		return code;
	e->sender = e->text.s;
	e->rcpts = e->text.s + first;
	return 0;
}
