#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "common/bundlemake.h"
#include "common/crc32c.h"
#include "common/mem.h"

void
bundlemake_init(struct bundlemake *m)
{
	memset(m, 0, sizeof *m);
}

void
bundlemake_free(struct bundlemake *m)
{
	stralloc_free(&m->text);
	stralloc_free(&m->body);
	stralloc_free(&m->rcpts);
	free(m->at);
	memset(m, 0, sizeof *m);
}

static size_t
text_offset(const struct bundlemake *m, int which)
{
	size_t off = 0;
	int i;

	for (i = 0; i < which; i++)
		off += m->len[i];
	return off;
}

void
bundlemake_set(struct bundlemake *m, enum bundlemake_field which, const char *s,
    size_t len)
{
	size_t off = text_offset(m, (int)which);

	if (m->len[which]) {
		memmove(m->text.s + off, m->text.s + off + m->len[which],
		    m->text.len - off - m->len[which]);
		m->text.len -= m->len[which];
	}
	mem_check(stralloc_insertb(&m->text, off, s, len));
	m->len[which] = (uint32_t)len;
}

const char *
bundlemake_get(
    const struct bundlemake *m, enum bundlemake_field which, size_t *len_r)
{
	*len_r = m->len[which];
	return *len_r ? m->text.s + text_offset(m, (int)which) : "";
}

/* Kept as u16 length and domain, then u32 length and the octets that go into
 * the block. */
void
bundlemake_rcpt(struct bundlemake *m, const char *domain, size_t domain_len,
    const struct bundle_rcpt *p)
{
	int row = (m->meta.flags & BUNDLE_MERGE) != 0;
	size_t len = p->local.len + p->orcpt.len + 5;

	if (row)
		len += 4 + p->row.len;
	if (m->nrcpt == m->room) {
		m->room = m->room ? m->room * 2 : 1;
		m->at = mem_grow(m->at, m->room, sizeof *m->at);
	}
	m->at[m->nrcpt++] = (uint32_t)m->rcpts.len;
	field_putu16(&m->rcpts, (uint16_t)domain_len);
	mem_check(stralloc_catb(&m->rcpts, domain, domain_len));
	field_putu32(&m->rcpts, (uint32_t)len);
	field_putu16(&m->rcpts, (uint16_t)p->local.len);
	mem_check(stralloc_catb(&m->rcpts, p->local.s, p->local.len));
	field_putu8(&m->rcpts, (uint8_t)(p->notify | (row ? BUNDLE_ROW : 0)));
	field_putu16(&m->rcpts, (uint16_t)p->orcpt.len);
	mem_check(stralloc_catb(&m->rcpts, p->orcpt.s, p->orcpt.len));
	if (row)
		field_putstr(&m->rcpts, p->row.s, p->row.len);
}

size_t
bundlemake_memory(const struct bundlemake *m)
{
	return m->text.a + m->body.a + m->rcpts.a + m->room * sizeof *m->at;
}

struct rcpt {
	struct bundle_str domain;
	struct bundle_str block;
};

static void
get_rcpt(const struct bundlemake *m, uint32_t at, struct rcpt *r)
{
	struct field f;

	field_start(&f, m->rcpts.s + at, m->rcpts.len - at);
	r->domain.len = field_getu16(&f);
	r->domain.s = field_getb(&f, r->domain.len);
	r->block.len = field_getu32(&f);
	r->block.s = field_getb(&f, r->block.len);
}

static int
same(const struct bundle_str *a, const struct bundle_str *b)
{
	return a->len == b->len && memcmp(a->s, b->s, a->len) == 0;
}

/* By domain; within a domain in the order in which they came. */
static int
by_domain(const void *pa, const void *pb, void *ctx)
{
	uint32_t a = *(const uint32_t *)pa, b = *(const uint32_t *)pb;
	struct rcpt ra, rb;
	size_t n;
	int c;

	get_rcpt(ctx, a, &ra);
	get_rcpt(ctx, b, &rb);
	n = ra.domain.len < rb.domain.len ? ra.domain.len : rb.domain.len;
	c = memcmp(ra.domain.s, rb.domain.s, n);
	if (c == 0)
		c = (ra.domain.len > rb.domain.len) -
		    (ra.domain.len < rb.domain.len);
	return c ? c : (a > b) - (a < b);
}

static void
sort_rcpts(struct bundlemake *m)
{
	if (m->nrcpt > 1)
		qsort_r(m->at, m->nrcpt, sizeof *m->at, by_domain, m);
}

/* Whoever delivers to one of them reads the block. */
static int
is_full(const struct bundlemake *m, uint32_t count, size_t len)
{
	return count == BUNDLE_RUNMAX ||
	    (count && m->meta.flags & BUNDLE_MERGE && len > BUNDLE_ROWBLOCK);
}

static void
put_run(stralloc *index, const stralloc *blocks, size_t from,
    const struct bundle_str *domain, uint32_t first, uint32_t count,
    uint64_t base)
{
	size_t len = blocks->len - from;

	field_putstr(index, domain->s, domain->len);
	field_putu32(index, first);
	field_putu32(index, count);
	field_putu64(index, base + from);
	field_putu32(index, (uint32_t)len);
	field_putu32(index, crc32c(0, blocks->s + from, len));
}

/* Appends the message's recipients to blocks and its runs to index.  Blocks
 * will begin at base in the file. */
static void
put_runs(struct bundlemake *m, stralloc *index, stralloc *blocks, uint64_t base)
{
	struct bundle_str domain = { NULL, 0 };
	struct rcpt r;
	uint32_t first = m->meta.first, count = 0;
	size_t i, from = blocks->len;

	m->nrun = 0;
	for (i = 0; i < m->nrcpt; i++) {
		get_rcpt(m, m->at[i], &r);
		if (is_full(m, count, blocks->len - from + r.block.len) ||
		    (count && !same(&domain, &r.domain))) {
			put_run(
			    index, blocks, from, &domain, first, count, base);
			m->nrun++;
			first += count;
			count = 0;
			from = blocks->len;
		}
		domain = r.domain;
		mem_check(stralloc_catb(blocks, r.block.s, r.block.len));
		count++;
	}
	if (count) {
		put_run(index, blocks, from, &domain, first, count, base);
		m->nrun++;
	}
}

static void
put_msg(struct bundlemake *m, stralloc *index, stralloc *blocks, uint64_t base)
{
	const struct bundle_msg *d = &m->meta;
	const char *s = m->text.s;
	size_t nrun_at;
	int i;

	field_putu32(index, d->flags);
	field_putu32(index, d->number);
	field_putu64(index, d->offset);
	field_putu64(index, d->stored);
	field_putu64(index, d->plain);
	field_putu32(index, d->crc);
	field_putu64(index, d->arrival);
	field_putu64(index, d->expiry);
	field_putu32(index, d->first);
	field_putu32(index, d->nrcpt);
	field_putu8(index, d->ret);
	for (i = 0; i < BUNDLEMAKE_FIELDS; i++) {
		if (i == BUNDLEMAKE_WINDOWS)
			field_putu64(index, d->start);
		field_putstr(index, s, m->len[i]);
		s = s ? s + m->len[i] : NULL;
	}
	nrun_at = index->len;
	field_putu32(index, 0);
	put_runs(m, index, blocks, base);
	field_pack32((unsigned char *)index->s + nrun_at, m->nrun);
}

struct layout {
	stralloc front; /* header, then index, then recipients */
	stralloc index, blocks;
	uint64_t index_off;
	uint64_t octets; /* where the octets begin */
	uint64_t end; /* and end */
	uint32_t nrcpt;
	int written; /* the octets are in the file already */
};

static void
number_msgs(struct bundlemake *const *msgs, size_t n, struct layout *l)
{
	size_t i;

	l->nrcpt = 0;
	for (i = 0; i < n; i++) {
		sort_rcpts(msgs[i]);
		msgs[i]->meta.first = l->nrcpt;
		msgs[i]->meta.nrcpt = (uint32_t)msgs[i]->nrcpt;
		l->nrcpt += msgs[i]->meta.nrcpt;
	}
}

static void
put_index(
    struct bundlemake *const *msgs, size_t n, struct layout *l, uint64_t base)
{
	size_t i;

	l->index.len = l->blocks.len = 0;
	for (i = 0; i < n; i++)
		put_msg(msgs[i], &l->index, &l->blocks, base);
}

/* The index has the same length whatever the offsets in it are: the first
 * pass finds the length, the second puts the offsets. */
static void
lay_out(struct bundlemake *const *msgs, size_t n, struct layout *l)
{
	uint64_t at;
	size_t i;

	number_msgs(msgs, n, l);
	put_index(msgs, n, l, 0);
	l->written = n == 1 && msgs[0]->body.len == 0 && msgs[0]->meta.stored;
	l->index_off =
	    l->written ? BUNDLE_PAGE + msgs[0]->meta.stored : BUNDLE_HEADER;
	l->octets = at = l->written
	    ? BUNDLE_PAGE
	    : BUNDLE_HEADER + l->index.len + l->blocks.len;
	for (i = 0; i < n; i++) {
		msgs[i]->meta.offset = at;
		at += msgs[i]->meta.stored;
	}
	l->end = l->written ? at + l->index.len + l->blocks.len : at;
	put_index(msgs, n, l, l->index_off + l->index.len);
}

static void
put_id(stralloc *sa, const char *id)
{
	static const char zeros[SPOOL_IDMAX];
	size_t len = strlen(id);

	field_putstr(sa, id, len);
	mem_check(stralloc_catb(sa, zeros, SPOOL_IDMAX - len));
}

static void
put_header(stralloc *h, const struct layout *l, size_t n, const char *id,
    uint64_t done, uint64_t length)
{
	static const char zeros[BUNDLE_HEADER];

	mem_check(stralloc_copyb(h, BUNDLE_MAGIC, 8));
	field_putu32(h, (uint32_t)n);
	field_putu32(h, l->nrcpt);
	field_putu32(h, (uint32_t)l->index.len);
	field_putu32(h, crc32c(0, l->index.s, l->index.len));
	field_putu64(h, l->index_off);
	field_putu64(h, done);
	field_putu64(h, length);
	field_putu32(h, 0);
	put_id(h, id);
	mem_check(stralloc_catb(h, zeros, BUNDLE_HEADER - 4 - h->len));
	field_putu32(h, crc32c(0, h->s, h->len));
}

static int
write_all(int fd, struct iovec *v, size_t n, uint64_t off)
{
	ssize_t r;
	int some;

	while (n) {
		some = n > IOV_MAX ? IOV_MAX : (int)n;
		r = pwritev(fd, v, some, (off_t)off);
		if (r == -1 && errno == EINTR)
			continue;
		if (r == -1)
			return -1;
		off += (uint64_t)r;
		for (; n && (size_t)r >= v->iov_len; v++, n--)
			r -= (ssize_t)v->iov_len;
		if (n) {
			v->iov_base = (char *)v->iov_base + r;
			v->iov_len -= (size_t)r;
		}
	}
	return 0;
}

/* Zeros up to the page where the done bits begin, and the done bits. */
static int
write_tail(int fd, uint64_t from, uint64_t to)
{
	static char zeros[BUNDLE_PAGE];
	struct iovec v;

	while (from < to) {
		v.iov_base = zeros;
		v.iov_len = to - from > sizeof zeros ? sizeof zeros
						     : (size_t)(to - from);
		if (write_all(fd, &v, 1, from) == -1)
			return -1;
		from += sizeof zeros;
	}
	return 0;
}

static int
write_front(int fd, struct layout *l, struct bundlemake *const *msgs, size_t n)
{
	struct iovec *v = mem_array(n + 3, sizeof *v);
	size_t i, used = 0;
	int r = 0;

	v[used++] = (struct iovec){ l->front.s, l->front.len };
	if (l->written) {
		r = write_all(fd, v, used, 0);
		used = 0;
	}
	v[used++] = (struct iovec){ l->index.s, l->index.len };
	v[used++] = (struct iovec){ l->blocks.s, l->blocks.len };
	for (i = 0; !l->written && i < n; i++)
		if (msgs[i]->body.len)
			v[used++] = (struct iovec){ msgs[i]->body.s,
				msgs[i]->body.len };
	if (r == 0)
		r = write_all(fd, v, used, l->written ? l->index_off : 0);
	free(v);
	return r;
}

int
bundlemake_write(
    int fd, const char *id, struct bundlemake *const *msgs, size_t n)
{
	struct layout l;
	uint64_t done, length;
	int r = -1;

	memset(&l, 0, sizeof l);
	lay_out(msgs, n, &l);
	done = bundle_pageup(l.end);
	length = done + bundle_pageup((l.nrcpt + 7ull) / 8);
	put_header(&l.front, &l, n, id, done, length);
	if (length > UINT32_MAX || l.index.len > BUNDLE_INDEXMAX)
		errno = EFBIG;
	else if (write_front(fd, &l, msgs, n) == 0)
		r = write_tail(fd, l.end, length);
	stralloc_free(&l.front);
	stralloc_free(&l.index);
	stralloc_free(&l.blocks);
	return r;
}
