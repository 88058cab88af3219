#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <skalibs/strerr.h>

#include "cmd/dray-suppress/ops.h"
#include "common/field.h"
#include "common/mem.h"

/* A part is all whose hash begins with the same octet. */
#define PARTS 256
#define AHEAD 32768 /* octets of a part before they are written */
#define PARTMAX UINT32_MAX

struct part {
	int fd;
	uint64_t size;
	stralloc wait;
};

/* One in memory: what it is sorted by, and where it stands. */
struct place {
	uint64_t key;
	uint32_t at;
};

struct ops {
	int dir;
	struct part part[PARTS];
	int now; /* the part that is in memory; -1 none yet */
	stralloc all; /* of it */
	struct place *place;
	size_t n, next;
};

struct ops *
ops_new(int dirfd)
{
	struct ops *o = mem_alloc(sizeof *o);
	int i;

	o->dir = dirfd;
	o->now = -1;
	for (i = 0; i < PARTS; i++)
		o->part[i].fd = -1;
	return o;
}

/* Not every file system has files that never had a name. */
static int
open_file(const struct ops *o)
{
	static const char name[] = "import.tmp";
	int fd = openat(o->dir, ".", O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);

	if (fd != -1)
		return fd;
	(void)unlinkat(o->dir, name, 0);
	fd = openat(o->dir, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd == -1 || unlinkat(o->dir, name, 0) == -1)
		strerr_diefusys(111, "make a file in the directory suppress");
	return fd;
}

static void
flush(const struct ops *o, struct part *p)
{
	size_t done = 0;
	ssize_t n;

	if (p->fd == -1)
		p->fd = open_file(o);
	while (done < p->wait.len) {
		n = pwrite(p->fd, p->wait.s + done, p->wait.len - done,
		    (off_t)p->size);
		if (n == -1)
			strerr_diefusys(
			    111, "write a file in the directory suppress");
		done += (size_t)n;
		p->size += (uint64_t)n;
	}
	p->wait.len = 0;
}

void
ops_add(struct ops *o, char op, const struct suppress_entry *e)
{
	struct part *p = &o->part[e->address[0]];

	mem_check(stralloc_catb(
	    &p->wait, (const char *)e->address, sizeof e->address));
	field_putu8(&p->wait, (uint8_t)op);
	field_putu8(&p->wait, e->reason);
	field_putu8(&p->wait, e->scope);
	field_putu32(&p->wait, e->time);
	mem_check(
	    stralloc_catb(&p->wait, (const char *)e->list, sizeof e->list));
	field_putstr(&p->wait, e->text, strlen(e->text));
	field_putstr(&p->wait, e->name, strlen(e->name));
	field_putstr(&p->wait, e->note, strlen(e->note));
	if (p->wait.len > AHEAD)
		flush(o, p);
}

static void
take_octets(struct field *f, unsigned char *d, size_t n)
{
	const char *s = field_getb(f, n);

	if (s)
		memcpy(d, s, n);
}

static void
take_text(struct field *f, char *d, size_t max)
{
	size_t n;
	const char *s = field_getstr(f, max, &n);

	memcpy(d, s, n);
	d[n] = '\0';
}

static char
get(struct field *f, struct suppress_entry *e)
{
	char op;

	take_octets(f, e->address, sizeof e->address);
	op = (char)field_getu8(f);
	e->reason = field_getu8(f);
	e->scope = field_getu8(f);
	e->time = field_getu32(f);
	take_octets(f, e->list, sizeof e->list);
	take_text(f, e->text, ADDR_MAX);
	take_text(f, e->name, SUPPRESS_NAMEMAX);
	take_text(f, e->note, SUPPRESS_NOTEMAX);
	if (f->bad)
		strerr_dief(101, "a part of the list is malformed");
	return op;
}

/* All of it, into memory. */
static void
load(struct ops *o, struct part *p)
{
	size_t done = 0;
	ssize_t n;

	o->all.len = 0;
	if (p->fd == -1) {
		mem_check(stralloc_copy(&o->all, &p->wait));
		return;
	}
	flush(o, p);
	if (p->size > PARTMAX)
		strerr_dief(111, "too much at a time");
	mem_check(stralloc_ready(&o->all, (size_t)p->size + 1));
	while (done < p->size) {
		n = pread(p->fd, o->all.s + done, (size_t)p->size - done,
		    (off_t)done);
		if (n <= 0)
			strerr_diefusys(
			    111, "read a file in the directory suppress");
		done += (size_t)n;
	}
	o->all.len = done;
}

static void
drop(struct part *p)
{
	if (p->fd != -1)
		close(p->fd);
	p->fd = -1;
	p->size = 0;
	stralloc_free(&p->wait);
}

/* Those of one address as they came. */
static int
order(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return x->at < y->at ? -1 : x->at > y->at;
}

static void
sort(struct ops *o)
{
	struct suppress_entry e;
	size_t room = 0;
	struct field f, key;

	o->n = o->next = 0;
	field_start(&f, o->all.s, o->all.len);
	while (field_left(&f)) {
		if (o->n == room) {
			room = room ? 2 * room : 1024;
			o->place = mem_grow(o->place, room, sizeof *o->place);
		}
		o->place[o->n].at = (uint32_t)(o->all.len - field_left(&f));
		(void)get(&f, &e);
		field_start(&key, e.address, sizeof e.address);
		o->place[o->n++].key = field_getu64(&key);
	}
	if (o->n)
		qsort(o->place, o->n, sizeof *o->place, order);
}

/* The part with the next one; 0: there is none. */
static int
find_part(struct ops *o)
{
	while (o->next == o->n && o->now < PARTS - 1) {
		o->now++;
		free(o->place);
		o->place = NULL;
		load(o, &o->part[o->now]);
		drop(&o->part[o->now]);
		sort(o);
	}
	return o->next < o->n;
}

const unsigned char *
ops_next(struct ops *o)
{
	if (!find_part(o))
		return NULL;
	return (const unsigned char *)o->all.s + o->place[o->next].at;
}

char
ops_take(struct ops *o, struct suppress_entry *e)
{
	uint32_t at = o->place[o->next++].at;
	struct field f;

	field_start(&f, o->all.s + at, o->all.len - at);
	return get(&f, e);
}

void
ops_free(struct ops *o)
{
	int i;

	for (i = 0; i < PARTS; i++)
		drop(&o->part[i]);
	stralloc_free(&o->all);
	free(o->place);
	free(o);
}
