/*
 * fixbundle - a bundle that somebody else wrote, for fuzz targets.
 *
 *   fix_bundle(s, n, what)  a descriptor of a file with s in it, in which what
 *                           FIX_* say was put right: without its checksums
 *                           nothing would get past them.  It is the same one
 *                           each time
 */
#ifndef DRAY_FUZZ_FIXBUNDLE_H
#define DRAY_FUZZ_FIXBUNDLE_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/bundle.h"
#include "common/crc32c.h"
#include "t/fuzz/fuzz.h"

#define FIX_HEADER 1u
#define FIX_INDEX 2u
#define FIX_SIZE 4u
#define FIX_BLOCKS 8u

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

static int
fix_bundle(const uint8_t *s, size_t n, unsigned int what)
{
	unsigned char *p = malloc(n + 1);
	struct bundle b;
	int fd;

	must(p != NULL);
	memcpy(p, s, n);
	fix(p, n, what);
	fd = put_file(p, n);
	if (what & FIX_BLOCKS && bundle_open(&b, fd) == 0) {
		fix_blocks(p, n, &b);
		bundle_close(&b);
		fix(p, n, what);
		fd = put_file(p, n);
	}
	free(p);
	return fd;
}

#endif
