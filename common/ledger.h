/*
 * ledger - spool/campaigns/NAME, which parts of a campaign are queued:
 * dray-spool(5), "CAMPAIGNS".
 *
 * A campaign is handed in as chunks, numbered from 0, each a bundle.  The ledger
 * is text, one line for the campaign and one for each chunk that was accepted,
 * in any order; each line ends in its checksum.  It only grows.  A torn line at
 * the end was never used.
 *
 *   ledger_name_ok(s, n)     1 if a campaign of this name may have one
 *   ledger_puthead(sa, h), ledger_putchunk(sa, c)   append a line
 *   ledger_read(s, n, h_r, fn, arg, whole_r)
 *                            reads all lines: the first into h_r, of the others
 *                            calls fn(arg, c), which returns 0, or -1 if it
 *                            cannot be.  *whole_r: octets of whole lines.  0, or
 *                            -1 EBADMSG
 *   ledger_load(dirfd, name, sa)   the file as a whole, at most LEDGER_MAX octets.
 *                            1, 0 there is none, -1 errno
 */
#ifndef DRAY_LEDGER_H
#define DRAY_LEDGER_H

#include <stdint.h>

#include <skalibs/stralloc.h>

#include "common/spool.h"

#define LEDGER_DIGEST 32 /* octets */
#define LEDGER_CHUNKS 16384 /* of a campaign */
#define LEDGER_MAX (8u << 20)

struct ledger_head {
	uint64_t began; /* as whoever began it says, seconds since 1970 */
	uint32_t uid; /* whose it is */
	uint32_t chunks;
	unsigned char digest[LEDGER_DIGEST]; /* of all that went in */
};

struct ledger_chunk {
	uint32_t number;
	uint32_t recipients;
	unsigned char digest[LEDGER_DIGEST];
	char bundle[SPOOL_IDMAX + 1];
};

typedef int ledger_fn(void *arg, const struct ledger_chunk *c);

int ledger_name_ok(const char *s, size_t n);
void ledger_puthead(stralloc *sa, const struct ledger_head *h);
void ledger_putchunk(stralloc *sa, const struct ledger_chunk *c);
int ledger_read(const char *s, size_t n, struct ledger_head *h_r, ledger_fn *fn,
    void *arg, size_t *whole_r) __attribute__((warn_unused_result));
int ledger_load(int dirfd, const char *name, stralloc *sa)
    __attribute__((warn_unused_result));

#endif
