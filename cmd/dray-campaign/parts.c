#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "campaign.h"
#include "common/field.h"
#include "common/mem.h"

#define PARTS 256
#define AHEAD 32768 /* octets of a part before they are written */
#define HEAD 12 /* octets of a record in front of its address and row */

/* A part is a file without a name.  Where an address belongs is its hash's to
 * say, so that it is in the same part each time, and all that are the same are
 * in one. */
struct part {
	int fd;
	uint64_t size;
	stralloc wait;
};

struct parts {
	struct part part[PARTS];
	unsigned char key[crypto_shorthash_KEYBYTES]; /* zeros */
	stralloc all; /* the one that is looked at */
};

static void
trouble(void)
{
	say_die(111, "unable to use a file in %s: %s",
	    getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp", strerror(errno));
}

static int
open_file(void)
{
	const char *dir = getenv("TMPDIR");
	char path[4096];
	int fd;

	if (!dir || !*dir)
		dir = "/tmp";
	fd = open(dir, O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);
	if (fd != -1)
		return fd;
	snprintf(path, sizeof path, "%s/dray-campaign.XXXXXX", dir);
	fd = mkostemp(path, O_CLOEXEC);
	if (fd == -1)
		trouble();
	unlink(path);
	return fd;
}

struct parts *
parts_new(void)
{
	struct parts *p = mem_alloc(sizeof *p);
	int i;

	for (i = 0; i < PARTS; i++)
		p->part[i].fd = -1;
	return p;
}

static void
flush(struct part *p)
{
	size_t done = 0;
	ssize_t n;

	if (p->fd == -1)
		p->fd = open_file();
	while (done < p->wait.len) {
		n = pwrite(p->fd, p->wait.s + done, p->wait.len - done,
		    (off_t)p->size);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			trouble();
		done += (size_t)n;
		p->size += (uint64_t)n;
	}
	p->wait.len = 0;
}

/* As those who read mail mean it: case makes no difference. */
static uint64_t
hash(const struct parts *p, const char *s, size_t n)
{
	unsigned char h[crypto_shorthash_BYTES];
	char lower[ADDR_LOCALMAX + ADDR_DOMAINMAX + 1];
	uint64_t v;

	addr_lower(lower, s, n);
	crypto_shorthash(h, (const unsigned char *)lower, n, p->key);
	memcpy(&v, h, sizeof v);
	return v;
}

void
parts_add(struct parts *p, const struct record *r)
{
	struct part *at = &p->part[hash(p, r->address, r->address_len) % PARTS];

	field_putu32(&at->wait, r->line);
	field_putstr(&at->wait, r->address, r->address_len);
	field_putstr(&at->wait, r->row, r->row_len);
	if (at->wait.len > AHEAD)
		flush(at);
}

/* All of it, into memory. */
static int
load(struct parts *p, struct part *at)
{
	size_t done = 0;
	ssize_t n;

	flush(at);
	stralloc_free(&at->wait);
	p->all.len = 0;
	mem_check(stralloc_ready(&p->all, (size_t)at->size + 1));
	while (done < at->size) {
		n = pread(at->fd, p->all.s + done, (size_t)at->size - done,
		    (off_t)done);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			trouble();
		done += (size_t)n;
	}
	p->all.len = done;
	return done != 0;
}

static void
get(struct field *f, struct record *r)
{
	r->line = field_getu32(f);
	r->address = field_getstr(f, UINT32_MAX, &r->address_len);
	r->row = field_getstr(f, UINT32_MAX, &r->row_len);
}

static int
same(const struct record *a, const struct record *b)
{
	char x[ADDR_LOCALMAX + ADDR_DOMAINMAX + 1];
	char y[ADDR_LOCALMAX + ADDR_DOMAINMAX + 1];

	if (a->address_len != b->address_len)
		return 0;
	addr_lower(x, a->address, a->address_len);
	addr_lower(y, b->address, b->address_len);
	return memcmp(x, y, a->address_len) == 0;
}

/* Places of records by their hash, 0 none: how far behind the beginning, and 1
 * more. */
struct seen {
	uint32_t *at;
	size_t room;
};

static int
was_seen(struct parts *p, struct seen *s, const struct record *r, size_t where)
{
	size_t i = (size_t)(hash(p, r->address, r->address_len) >> 8) % s->room;
	struct record other;
	struct field f;

	for (; s->at[i]; i = (i + 1) % s->room) {
		field_start(
		    &f, p->all.s + s->at[i] - 1, p->all.len - (s->at[i] - 1));
		get(&f, &other);
		if (same(&other, r))
			return 1;
	}
	s->at[i] = (uint32_t)where + 1;
	return 0;
}

static size_t
count(const struct parts *p)
{
	struct record r;
	struct field f;
	size_t n = 0;

	field_start(&f, p->all.s, p->all.len);
	for (; field_left(&f); n++)
		get(&f, &r);
	return n;
}

/* What comes a second time is left out of the part, in its place. */
static uint64_t
once(struct parts *p, struct part *at)
{
	struct seen s = { .room = count(p) * 2 + 1 };
	uint64_t twice = 0;
	size_t kept = 0, from, len;
	struct record r;
	struct field f;

	s.at = mem_array(s.room, sizeof *s.at);
	memset(s.at, 0, s.room * sizeof *s.at);
	field_start(&f, p->all.s, p->all.len);
	while (field_left(&f)) {
		from = p->all.len - field_left(&f);
		get(&f, &r);
		len = HEAD + r.address_len + r.row_len;
		if (was_seen(p, &s, &r, kept)) {
			reject_add(
			    r.line, "duplicate", r.address, r.address_len);
			twice++;
			continue;
		}
		memmove(p->all.s + kept, p->all.s + from, len);
		kept += len;
	}
	free(s.at);
	if (!twice)
		return 0;
	at->size = 0;
	mem_check(stralloc_copyb(&at->wait, p->all.s, kept));
	flush(at);
	stralloc_free(&at->wait);
	return twice;
}

void
parts_once(struct parts *p, struct counts *n)
{
	uint64_t twice;
	int i;

	for (i = 0; i < PARTS; i++) {
		if (!load(p, &p->part[i]))
			continue;
		if (p->part[i].size > UINT32_MAX / 2)
			say_die(111, "the list is too long");
		twice = once(p, &p->part[i]);
		n->duplicate += twice;
		n->accepted -= twice;
	}
}

/* The same order each time. */
int
parts_walk(struct parts *p, record_fn *fn, void *arg)
{
	struct record r;
	struct field f;
	int i;

	for (i = 0; i < PARTS; i++) {
		if (!load(p, &p->part[i]))
			continue;
		field_start(&f, p->all.s, p->all.len);
		while (field_left(&f)) {
			get(&f, &r);
			if (fn(arg, &r) == -1)
				return -1;
		}
	}
	return 0;
}
