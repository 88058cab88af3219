/* A bundle that somebody else wrote.  The first octet says which checksums are
 * put right, or nothing would get past them; the rest is the file. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/bundle.h"
#include "common/crc32c.h"

#define FIX_HEADER 1u
#define FIX_INDEX 2u
#define FIX_SIZE 4u
#define FIX_BLOCKS 8u

static void
must(int good)
{
	if (!good)
		abort();
}

/* Looks at each octet, so that a wrong address is seen. */
static void
touch(const struct bundle_str *s, size_t max)
{
	static volatile unsigned char sum;
	size_t i;

	must(s->len <= max);
	for (i = 0; i < s->len; i++)
		sum = (unsigned char)(sum + (unsigned char)s->s[i]);
}

static void
read_block(const struct bundle *b, const struct bundle_run *run)
{
	stralloc sa = STRALLOC_ZERO;
	struct bundle_rcpt rcpt;
	struct field f;

	if (bundle_block(b, run, &sa) == 0) {
		must(sa.len == run->length);
		field_start(&f, sa.s, sa.len);
		while (bundle_rcpt(&f, &rcpt) == 1) {
			touch(&rcpt.local, UINT16_MAX);
			touch(&rcpt.orcpt, UINT16_MAX);
		}
	}
	stralloc_free(&sa);
}

static void
read_msg(const struct bundle *b, uint32_t n, uint32_t *next)
{
	struct bundle_msg m;
	struct bundle_run run;
	struct field runs;
	int more;

	if (bundle_msg(b, n, &m) == -1) {
		*next = UINT32_MAX;
		return;
	}
	must(*next == UINT32_MAX || m.first == *next);
	must(m.first <= b->nrcpt && m.nrcpt <= b->nrcpt - m.first);
	must(m.offset <= b->done_off && m.stored <= b->done_off - m.offset);
	must(m.plain <= m.stored);
	touch(&m.sender, BUNDLE_ADDRMAX);
	touch(&m.envid, BUNDLE_ENVIDMAX);
	touch(&m.stream, BUNDLE_NAMEMAX);
	touch(&m.route, BUNDLE_NAMEMAX);
	touch(&m.tenant, BUNDLE_NAMEMAX);
	touch(&m.campaign, BUNDLE_NAMEMAX);
	touch(&m.bodyhash, UINT16_MAX);
	*next = m.first;
	for (runs = m.runs; (more = bundle_run(b, &runs, &run)) == 1;) {
		must(run.first == *next && run.count);
		touch(&run.domain, 255);
		*next += run.count;
		must(*next <= m.first + m.nrcpt);
		read_block(b, &run);
	}
	must(more == -1 || *next == m.first + m.nrcpt);
	*next = m.first + m.nrcpt;
}

static uint32_t
get32(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	    (uint32_t)p[2] << 8 | p[3];
}

/* Offsets behind the file's end are left as they are. */
static void
fix(unsigned char *p, size_t n, unsigned int what)
{
	uint64_t off;
	uint32_t len;

	if (n < BUNDLE_HEADER)
		return;
	if (what & FIX_SIZE) {
		field_pack64(p + 32, (n - 1) / BUNDLE_PAGE * BUNDLE_PAGE);
		field_pack64(p + 40, n);
	}
	len = get32(p + 16);
	off = (uint64_t)get32(p + 24) << 32 | get32(p + 28);
	if (what & FIX_INDEX && off <= n && len <= n - off)
		field_pack32(p + 20, crc32c(0, p + off, len));
	if (what & FIX_HEADER)
		field_pack32(
		    p + BUNDLE_HEADER - 4, crc32c(0, p, BUNDLE_HEADER - 4));
}

/* The checksum of each block lies in the index, behind the block's place. */
static void
fix_blocks(unsigned char *p, size_t n, const struct bundle *b)
{
	struct bundle_msg m;
	struct bundle_run run;
	uint64_t at, index = (uint64_t)get32(p + 24) << 32 | get32(p + 28);
	uint32_t i;

	for (i = 0; i < b->nmsg; i++) {
		if (bundle_msg(b, i, &m) == -1)
			continue;
		while (bundle_run(b, &m.runs, &run) == 1) {
			at = index +
			    (uint64_t)((const char *)m.runs.p - b->index.s);
			if (run.offset + run.length <= n && at <= n)
				field_pack32(p + at - 4,
				    crc32c(0, p + run.offset, run.length));
		}
	}
}

static int
put_file(const unsigned char *p, size_t n)
{
	static int fd = -1;

	if (fd == -1)
		fd = memfd_create("bundle", MFD_CLOEXEC);
	must(ftruncate(fd, 0) == 0 && pwrite(fd, p, n, 0) == (ssize_t)n);
	return fd;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct bundle b;
	unsigned char *p;
	uint32_t i, next = 0;
	int fd;

	if (n < 2)
		return 0;
	p = malloc(n - 1);
	must(p != NULL);
	memcpy(p, data + 1, n - 1);
	fix(p, n - 1, data[0]);
	fd = put_file(p, n - 1);
	if (data[0] & FIX_BLOCKS && bundle_open(&b, fd) == 0) {
		fix_blocks(p, n - 1, &b);
		bundle_close(&b);
		fix(p, n - 1, data[0]);
		fd = put_file(p, n - 1);
	}
	if (bundle_open(&b, fd) == 0) {
		must(b.length <= n - 1 && b.done_off <= b.length);
		for (i = 0; i < b.nmsg; i++)
			read_msg(&b, i, &next);
		bundle_close(&b);
	}
	free(p);
	return 0;
}
