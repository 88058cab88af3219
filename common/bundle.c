#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/addr.h"
#include "common/bundle.h"
#include "common/chars.h"
#include "common/crc32c.h"
#include "common/mem.h"

#define FIRST_READ 16384 /* header and index of most bundles */
#define MSG_MIN 93 /* octets of the shortest index entry, of old */
#define THIN 65536 /* octets of an index that is worth making thin */

static int
damaged(struct bundle *b, const char *why)
{
	b->why = why;
	errno = EBADMSG;
	return -1;
}

/* pread until n octets have come; a file that ends before is damaged. */
static int
read_at(int fd, char *d, size_t n, uint64_t off)
{
	ssize_t r;

	while (n) {
		r = pread(fd, d, n, (off_t)off);
		if (r == -1 && errno == EINTR)
			continue;
		if (r == 0)
			errno = EBADMSG;
		if (r <= 0)
			return -1;
		d += r;
		n -= (size_t)r;
		off += (uint64_t)r;
	}
	return 0;
}

static int
take_id(struct field *r, char *id_r)
{
	struct field room;
	struct spool_id id;
	const char *p = field_getb(r, 4 + SPOOL_IDMAX);
	size_t len;

	if (!p)
		return 0;
	field_start(&room, p, 4 + SPOOL_IDMAX);
	p = field_getstr(&room, SPOOL_IDMAX, &len);
	memcpy(id_r, p, len);
	id_r[len] = '\0';
	return !room.bad && spool_idparse(id_r, &id);
}

struct head {
	uint32_t index_len, index_crc;
	uint64_t index_off;
};

static int
take_header(struct bundle *b, const char *h, struct head *head)
{
	struct field r;

	field_start(&r, h + BUNDLE_HEADER - 4, 4);
	b->version = memcmp(h, BUNDLE_MAGIC, 8) == 0 ? 2
	    : memcmp(h, BUNDLE_MAGIC1, 8) == 0	     ? 1
						     : 0;
	if (!b->version)
		return damaged(b, "not a bundle");
	if (field_getu32(&r) != crc32c(0, h, BUNDLE_HEADER - 4))
		return damaged(b, "header fails its checksum");
	field_start(&r, h + 8, BUNDLE_HEADER - 12);
	b->nmsg = field_getu32(&r);
	b->nrcpt = field_getu32(&r);
	head->index_len = field_getu32(&r);
	head->index_crc = field_getu32(&r);
	head->index_off = field_getu64(&r);
	b->done_off = field_getu64(&r);
	b->length = field_getu64(&r);
	if (field_getu32(&r) != 0)
		return damaged(b, "unknown flags");
	if (!take_id(&r, b->id))
		return damaged(b, "malformed id in the header");
	if (head->index_len > BUNDLE_INDEXMAX ||
	    b->nmsg > head->index_len / MSG_MIN || b->nmsg == 0 ||
	    b->done_off % BUNDLE_PAGE || b->length > UINT32_MAX ||
	    b->done_off > b->length || head->index_off < BUNDLE_HEADER ||
	    head->index_off > b->done_off ||
	    head->index_len > b->done_off - head->index_off ||
	    (b->nrcpt + 7ull) / 8 > b->length - b->done_off)
		return damaged(b, "impossible header");
	return 0;
}

/* Passes one entry.  Recipients are numbered through, message after message
 * and run after run, so that nobody who trusts the numbers settles the fate of
 * another message's recipient.  *next is the number that comes next. */
static int
pass_msg(struct field *r, int version, uint32_t *next)
{
	size_t len;
	uint32_t n, count, end;
	int i, good;

	(void)field_getb(r, 4 + 4 + 8 * 3 + 4 + 8 * 2);
	good = field_getu32(r) == *next;
	end = *next + field_getu32(r);
	good &= end >= *next;
	(void)field_getu8(r);
	for (i = 0; i < 7; i++)
		(void)field_getstr(r, UINT32_MAX, &len);
	if (version > 1) {
		(void)field_getu64(r);
		(void)field_getstr(r, BUNDLE_WINDOWMAX, &len);
	}
	for (n = field_getu32(r); n && good && !r->bad; n--) {
		(void)field_getstr(r, ADDR_DOMAINMAX, &len);
		good = field_getu32(r) == *next;
		count = field_getu32(r);
		good &= count && count <= BUNDLE_RUNMAX && count <= end - *next;
		(void)field_getb(r, 8 + 4 + 4);
		*next += count;
	}
	return good && !r->bad && *next == end ? 0 : -1;
}

static int
find_msgs(struct bundle *b)
{
	struct field r;
	uint32_t i, next = 0;

	b->at = mem_array(b->nmsg + 1ul, sizeof *b->at);
	field_start(&r, b->index.s, b->index.len);
	for (i = 0; i < b->nmsg; i++) {
		b->at[i] = (uint32_t)((const char *)r.p - b->index.s);
		if (pass_msg(&r, b->version, &next) == -1)
			return damaged(b, "malformed index");
	}
	b->at[i] = (uint32_t)b->index.len;
	if (!field_end(&r) || next != b->nrcpt)
		return damaged(b, "malformed index");
	return 0;
}

/* The index of most bundles came with the header, and so did recipients:
 * what lies before the first message's octets is kept. */
static int
take_index(struct bundle *b, const struct head *head)
{
	struct bundle_msg m;
	uint64_t end = head->index_off + head->index_len;

	b->index.len = head->index_len;
	b->index_off = head->index_off;
	if (end <= b->front.len) {
		b->index.s = b->front.s + head->index_off;
	} else {
		mem_check(stralloc_ready(&b->rest, head->index_len));
		b->index.s = b->rest.s;
		if (read_at(b->fd, b->rest.s, head->index_len,
			head->index_off) == -1)
			return errno == EBADMSG ? damaged(b, "cut short") : -1;
	}
	if (crc32c(0, b->index.s, b->index.len) != head->index_crc)
		return damaged(b, "index fails its checksum");
	if (find_msgs(b) == -1)
		return -1;
	if (b->index.s == b->rest.s)
		end = BUNDLE_HEADER;
	if (bundle_msg(b, 0, &m) == 0 && m.offset >= end &&
	    m.offset < b->front.len)
		b->front.len = m.offset;
	return 0;
}

static int
load(struct bundle *b)
{
	char first[FIRST_READ];
	struct head head;
	ssize_t have;
	off_t size = lseek(b->fd, 0, SEEK_END);

	have = pread(b->fd, first, sizeof first, 0);
	if (have == -1 || size == -1)
		return -1;
	if (have < BUNDLE_HEADER)
		return damaged(b, "cut short");
	if (take_header(b, first, &head) == -1)
		return -1;
	if ((uint64_t)size < b->length)
		return damaged(b, "cut short");
	mem_check(stralloc_copyb(&b->front, first, (size_t)have));
	if (take_index(b, &head) == -1)
		return -1;
	/* Most of what was read is octets: give that back. */
	if (stralloc_shrink(&b->front) && b->index.s != b->rest.s)
		b->index.s = b->front.s + head.index_off;
	return 0;
}

int
bundle_open(struct bundle *b, int fd)
{
	memset(b, 0, sizeof *b);
	b->fd = fd;
	if (load(b) == 0)
		return 0;
	bundle_close(b);
	return -1;
}

void
bundle_close(struct bundle *b)
{
	int saved = errno;

	stralloc_free(&b->front);
	stralloc_free(&b->rest);
	free(b->at);
	free(b->head);
	b->at = b->head = NULL;
	errno = saved;
}

static void
getstr(struct field *r, size_t max, struct bundle_str *s)
{
	s->s = field_getstr(r, max, &s->len);
}

static int
isclean(const struct bundle_str *s)
{
	return chars_clean(s->s, s->len);
}

int
bundle_msg(const struct bundle *b, uint32_t n, struct bundle_msg *m)
{
	const uint32_t *at = b->head ? b->head : b->at;
	struct field r;
	uint64_t len = b->done_off;

	if (n >= b->nmsg) {
		errno = EBADMSG;
		return -1;
	}
	field_start(&r, b->index.s + at[n], at[n + 1] - at[n]);
	m->flags = field_getu32(&r);
	m->number = field_getu32(&r);
	m->offset = field_getu64(&r);
	m->stored = field_getu64(&r);
	m->plain = field_getu64(&r);
	m->crc = field_getu32(&r);
	m->arrival = field_getu64(&r);
	m->expiry = field_getu64(&r);
	m->first = field_getu32(&r);
	m->nrcpt = field_getu32(&r);
	m->ret = field_getu8(&r);
	getstr(&r, BUNDLE_ADDRMAX, &m->sender);
	getstr(&r, BUNDLE_ENVIDMAX, &m->envid);
	getstr(&r, BUNDLE_NAMEMAX, &m->stream);
	getstr(&r, BUNDLE_NAMEMAX, &m->route);
	getstr(&r, BUNDLE_NAMEMAX, &m->tenant);
	getstr(&r, BUNDLE_NAMEMAX, &m->campaign);
	getstr(&r, UINT16_MAX, &m->bodyhash);
	m->start = b->version > 1 ? field_getu64(&r) : 0;
	m->windows = (struct bundle_str){ "", 0 };
	if (b->version > 1)
		getstr(&r, BUNDLE_WINDOWMAX, &m->windows);
	m->nrun = field_getu32(&r);
	m->runs = r;
	if (r.bad || m->offset > len || m->stored > len - m->offset ||
	    m->plain > m->stored || m->first > b->nrcpt ||
	    m->nrcpt > b->nrcpt - m->first || !isclean(&m->sender) ||
	    !isclean(&m->envid) ||
	    !bundle_windows_ok(m->windows.s, m->windows.len)) {
		errno = EBADMSG;
		return -1;
	}
	return 0;
}

int
bundle_run(const struct bundle *b, struct field *runs, struct bundle_run *run)
{
	if (field_left(runs) == 0)
		return 0;
	getstr(runs, ADDR_DOMAINMAX, &run->domain);
	run->first = field_getu32(runs);
	run->count = field_getu32(runs);
	run->offset = field_getu64(runs);
	run->length = field_getu32(runs);
	run->crc = field_getu32(runs);
	if (runs->bad || !addr_domain_ok(run->domain.s, run->domain.len) ||
	    run->count == 0 || run->count > BUNDLE_RUNMAX ||
	    run->first > b->nrcpt || run->count > b->nrcpt - run->first ||
	    run->length > BUNDLE_BLOCKMAX || run->offset > b->done_off ||
	    run->length > b->done_off - run->offset) {
		errno = EBADMSG;
		return -1;
	}
	return 1;
}

/* Where the runs of each message begin, behind what was kept of those before
 * it.  0: it is not worth while, or the index is not as it should be. */
static int
measure(const struct bundle *b, uint32_t *head)
{
	struct bundle_msg m;
	uint32_t i;

	for (i = 0; i < b->nmsg; i++) {
		if (bundle_msg(b, i, &m) == -1)
			return 0;
		head[i + 1] = head[i] +
		    (uint32_t)((const char *)m.runs.p - b->index.s) - b->at[i];
	}
	return head[i] < b->index.len / 2;
}

void
bundle_thin(struct bundle *b)
{
	stralloc kept = STRALLOC_ZERO;
	uint32_t *head, i;

	if (b->head || b->index.s != b->rest.s || b->index.len < THIN)
		return;
	head = mem_array(b->nmsg + 1ul, sizeof *head);
	if (!measure(b, head)) {
		free(head);
		return;
	}
	mem_check(stralloc_ready(&kept, head[b->nmsg]));
	for (i = 0; i < b->nmsg; i++)
		memcpy(kept.s + head[i], b->index.s + b->at[i],
		    head[i + 1] - head[i]);
	stralloc_free(&b->rest);
	b->rest = kept;
	b->index.s = kept.s;
	b->head = head;
}

int
bundle_runs(
    const struct bundle *b, uint32_t n, struct bundle_msg *m, stralloc *sa)
{
	uint32_t from, len;

	if (!b->head)
		return 0;
	from = b->at[n] + b->head[n + 1] - b->head[n];
	len = b->at[n + 1] - from;
	mem_check(stralloc_ready(sa, len));
	if (read_at(b->fd, sa->s, len, b->index_off + from) == -1)
		return -1;
	field_start(&m->runs, sa->s, len);
	return 0;
}

int
bundle_run_at(
    const struct bundle *b, uint32_t where, char *room, struct bundle_run *run)
{
	size_t left = where < b->index.len ? b->index.len - where : 0;
	struct field f;

	if (b->head) {
		if (left > BUNDLE_RUNROOM)
			left = BUNDLE_RUNROOM;
		if (read_at(b->fd, room, left, b->index_off + where) == -1)
			return -1;
		field_start(&f, room, left);
	} else {
		field_start(&f, b->index.s + b->index.len - left, left);
	}
	if (bundle_run(b, &f, run) == 1)
		return 0;
	errno = EBADMSG;
	return -1;
}

int
bundle_block(const struct bundle *b, const struct bundle_run *run, stralloc *sa)
{
	sa->len = 0;
	mem_check(stralloc_ready(sa, run->length));
	if (run->offset <= b->front.len &&
	    run->length <= b->front.len - run->offset)
		memcpy(sa->s, b->front.s + run->offset, run->length);
	else if (read_at(b->fd, sa->s, run->length, run->offset) == -1)
		return -1;
	sa->len = run->length;
	if (crc32c(0, sa->s, sa->len) != run->crc) {
		errno = EBADMSG;
		return -1;
	}
	return 0;
}

int
bundle_rcpt(struct field *block, struct bundle_rcpt *rcpt)
{
	if (field_left(block) == 0)
		return 0;
	rcpt->local.len = field_getu16(block);
	rcpt->local.s = field_getb(block, rcpt->local.len);
	rcpt->notify = field_getu8(block);
	rcpt->orcpt.len = field_getu16(block);
	rcpt->orcpt.s = field_getb(block, rcpt->orcpt.len);
	rcpt->row = (struct bundle_str){ NULL, 0 };
	if (rcpt->notify & BUNDLE_ROW) {
		getstr(block, BUNDLE_ROWMAX, &rcpt->row);
		rcpt->notify &= (uint8_t)~BUNDLE_ROW;
	}
	if (block->bad || rcpt->local.len == 0 ||
	    rcpt->local.len > ADDR_LOCALMAX || rcpt->notify > 15 ||
	    rcpt->orcpt.len > BUNDLE_ORCPTMAX || !isclean(&rcpt->local) ||
	    !isclean(&rcpt->orcpt)) {
		errno = EBADMSG;
		return -1;
	}
	return 1;
}

uint64_t
bundle_pageup(uint64_t n)
{
	return (n + BUNDLE_PAGE - 1) / BUNDLE_PAGE * BUNDLE_PAGE;
}

uint64_t
bundle_from(const struct bundle_msg *m)
{
	uint64_t start = m->start * UINT64_C(1000000);

	return m->arrival > start ? m->arrival : start;
}

static struct field
windows(const char *s, size_t len)
{
	struct field f;

	field_start(&f, s, len);
	return f;
}

int
bundle_windows_ok(const char *s, size_t len)
{
	struct field f = windows(s, len);
	uint32_t from, to, last = 0;

	if (len % 8 || len > BUNDLE_WINDOWMAX)
		return 0;
	while (field_left(&f)) {
		from = field_getu32(&f);
		to = field_getu32(&f);
		if (from < last || to <= from)
			return 0;
		last = to;
	}
	return 1;
}

uint32_t
bundle_open_at(uint64_t start, const struct bundle_str *w, uint32_t when)
{
	struct field f = windows(w->s, w->len);
	uint32_t from, to;

	if (start > when)
		when = start < UINT32_MAX ? (uint32_t)start : UINT32_MAX;
	while (field_left(&f)) {
		from = field_getu32(&f);
		to = field_getu32(&f);
		if (when < to)
			return when < from ? from : when;
	}
	return w->len ? UINT32_MAX : when;
}
