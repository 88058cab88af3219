#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/mem.h"

#include "handle.h"

static struct handle_chain *
chain(struct handles *hs, uint32_t number)
{
	return &hs->chains[number % HANDLE_CHAINS];
}

struct handle *
handle_find(struct handles *hs, uint32_t number)
{
	struct handle *h;

	for (h = LIST_FIRST(chain(hs, number)); h; h = LIST_NEXT(h, chain))
		if (h->number == number)
			return h;
	return NULL;
}

int
handle_add(struct handles *hs, uint32_t number, int fd)
{
	static uint64_t serial;
	struct handle *h;

	if (handle_find(hs, number))
		return -1;
	h = mem_alloc(sizeof *h);
	h->serial = ++serial;
	h->number = number;
	h->fd = fd;
	LIST_INSERT_HEAD(chain(hs, number), h, chain);
	return 0;
}

static void
release(struct handle *h)
{
	if (!h->dropped || h->uses)
		return;
	close(h->fd);
	free(h);
}

int
handle_drop(struct handles *hs, uint32_t number)
{
	struct handle *h = handle_find(hs, number);

	if (!h)
		return -1;
	/* Its number is free at once, whoever still reads the file. */
	LIST_REMOVE(h, chain);
	h->dropped = 1;
	release(h);
	return 0;
}

void
handle_use(struct handle *h)
{
	h->uses++;
}

void
handle_unuse(struct handle *h)
{
	h->uses--;
	release(h);
}

int
handle_read(const struct handle *h, uint64_t off, size_t len, char *d)
{
	ssize_t r;

	while (len) {
		r = pread(h->fd, d, len, (off_t)off);
		if (r == -1 && errno == EINTR)
			continue;
		if (r == 0)
			errno = EPIPE;
		if (r <= 0)
			return -1;
		d += r;
		len -= (size_t)r;
		off += (uint64_t)r;
	}
	return 0;
}

int
handle_good(const struct handle *h, uint64_t off, uint32_t crc)
{
	unsigned int i;

	for (i = 0; i < h->ngood; i++)
		if (h->good[i].off == off && h->good[i].crc == crc)
			return 1;
	return 0;
}

void
handle_checked(struct handle *h, uint64_t off, uint32_t crc)
{
	h->good[h->nextgood].off = off;
	h->good[h->nextgood].crc = crc;
	h->nextgood = (h->nextgood + 1) % HANDLE_GOOD;
	if (h->ngood < HANDLE_GOOD)
		h->ngood++;
}
