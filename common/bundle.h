/*
 * bundle - the file in which messages wait, dray-spool(5).
 *
 * All numbers are big-endian.  A bundle is
 *
 *   header      BUNDLE_HEADER octets at 0
 *   index, recipients, octets  anywhere after it, in any order
 *   done bits   from done_off, a multiple of BUNDLE_PAGE, to the end; one bit
 *               a recipient (bit n is octet n/8, mask 1 << n%8), set when its
 *               fate is settled.  The only part that changes.
 *
 *   header: 8 "DRAYBND2" | u32 messages | u32 recipients | u32 index length |
 *     u32 index crc | u64 index offset | u64 done offset | u64 length of all |
 *     u32 flags, 0 | str id (4 + SPOOL_IDMAX octets reserved) | zeros |
 *     u32 crc of the 252 octets before
 *
 *   index: for each message
 *     u32 flags | u32 number | u64 offset | u64 stored | u64 plain | u32 crc of the stored
 *     octets | u64 arrival, microseconds | u64 expiry, seconds | u32 first
 *     recipient | u32 recipients | u8 ret | str sender | str envid |
 *     str stream | str route | str tenant | str campaign | str body hashes |
 *     u64 start, seconds | str windows (u32 from, u32 to; any number) |
 *     u32 runs, then for each: str domain | u32 first recipient | u32 count |
 *     u64 offset | u32 length | u32 crc
 *
 *   recipients of a run, at its offset: for each
 *     u16 length and local part | u8 notify, with BUNDLE_ROW if a row follows |
 *     u16 length and orcpt | with BUNDLE_ROW: str row
 *
 * "DRAYBND1" is the same without start, windows and rows.
 *
 * "stored" octets are in wire form: CRLF line ends, dots stuffed, no final
 * dot; "plain" is their number before stuffing.  crc is CRC-32C.  A run is
 * recipients of one message at one domain, at most BUNDLE_RUNMAX of them; with
 * rows it ends where its block would pass BUNDLE_ROWBLOCK.
 * The octets of a message with BUNDLE_MERGE are a program (merge.h), of which
 * each recipient's row makes a message.
 * No delivery is begun before its start (0: at once), nor, if there are
 * windows, outside of them: from <= time < to, in order, none over another.
 * The text form of a message's id is the bundle's id, '-', and its number,
 * which it keeps even if a tool leaves out finished messages around it.
 *
 * Reading
 *   bundle_open(b, fd)      reads and checks header and index.  0, or -1 with
 *                           errno: EBADMSG it is damaged or cut short (b->why
 *                           says how), ENOMEM, or that of pread.
 *                           fd stays the caller's
 *   bundle_close(b)         frees what bundle_open took
 *   bundle_msg(b, n, m_r)   the n-th message; strings point into the index.
 *                           0, or -1 EBADMSG
 *   bundle_run(m, r, run_r) the next run of a message, in order: start with a
 *                           copy of m->runs; 1, 0 no more, -1 EBADMSG
 *   bundle_thin(b)          gives back most of the memory of a large index: the
 *                           runs of messages stay on disk, and m->runs is
 *                           empty from then on.  Strings that bundle_msg told
 *                           before are gone
 *   bundle_runs(b, n, m, sa)  the same as m->runs, for message n, read into sa
 *                           again if need be.  0, or -1 with errno
 *   bundle_run_at(b, where, room, run_r)
 *                           the run whose entry begins there in the index; of a
 *                           thin bundle it is read into room.  0, or -1 with
 *                           errno
 *   bundle_block(b, run, sa)  reads a run's recipients and checks their crc;
 *                           in most bundles they came with the index
 *   bundle_rcpt(f, rcpt_r)  the next recipient of such a block
 *
 * Writing: see bundlemake.h.
 *   bundle_pageup(n)        n, or the next multiple of BUNDLE_PAGE
 *   bundle_from(m)          microseconds: when it arrived, or was to start
 *   bundle_open_at(start, windows, when)
 *                           the first time not before `when', in seconds, at which
 *                           it may be delivered; UINT32_MAX: never
 *   bundle_windows_ok(s, len)  1 if they are as they have to be
 */
#ifndef DRAY_BUNDLE_H
#define DRAY_BUNDLE_H

#include <stdint.h>

#include <skalibs/stralloc.h>

#include "common/field.h"
#include "common/spool.h"

#define BUNDLE_MAGIC "DRAYBND2"
#define BUNDLE_MAGIC1 "DRAYBND1"
#define BUNDLE_HEADER 256
#define BUNDLE_PAGE 4096
#define BUNDLE_RUNMAX 4096
#define BUNDLE_INDEXMAX (64u << 20) /* octets of an index */
#define BUNDLE_RUNROOM 512 /* octets of a run's entry, and more */
#define BUNDLE_BLOCKMAX (BUNDLE_RUNMAX * 700u)
#define BUNDLE_ROWBLOCK 262144 /* of a run with rows; one row may pass it */
#define BUNDLE_ROWMAX 60000
#define BUNDLE_WINDOWMAX 512 /* octets: 64 windows */
#define BUNDLE_NAMEMAX 64 /* stream, route, tenant, campaign */
#define BUNDLE_ADDRMAX 320
#define BUNDLE_ENVIDMAX 100
#define BUNDLE_ORCPTMAX 500

/* message flags */
#define BUNDLE_STUFFED 1u /* some line begins with a dot */
#define BUNDLE_8BIT 2u /* an octet over 127 in the body */
#define BUNDLE_UTF8 4u /* octets over 127 in the header */
#define BUNDLE_NOTICE 8u /* a notice of dray-bounce */
#define BUNDLE_LAST 16u /* of a notice that failed: no more after this */
#define BUNDLE_DELAYS 32u /* a recipient has BUNDLE_DELAY */
#define BUNDLE_MERGE 64u /* octets are a program, made into mail for each */
#define BUNDLE_FLAGS 127u /* all of them */

/* notify, RFC 3461 4.1; 0: not given */
#define BUNDLE_NEVER 1u
#define BUNDLE_SUCCESS 2u
#define BUNDLE_FAILURE 4u
#define BUNDLE_DELAY 8u

#define BUNDLE_ROW 128u /* with notify, in blocks only */

struct bundle_str {
	const char *s;
	size_t len;
};

struct bundle {
	int fd;
	uint32_t nmsg;
	uint32_t nrcpt;
	uint64_t done_off;
	uint64_t length;
	char id[SPOOL_IDMAX + 1];
	stralloc front; /* the first octets of the file */
	stralloc rest; /* the index, if it is not among them */
	struct bundle_str index;
	int version; /* 1 or 2 */
	uint64_t index_off; /* where it is in the file */
	uint32_t *at; /* where each message's entry begins */
	uint32_t *head; /* thin: where the kept part of it begins in index.s */
	const char *why; /* of EBADMSG */
};

struct bundle_msg {
	uint32_t flags;
	uint32_t number;
	uint64_t offset;
	uint64_t stored;
	uint64_t plain;
	uint32_t crc;
	uint64_t arrival; /* microseconds since 1970 */
	uint64_t expiry; /* seconds since 1970 */
	uint32_t first;
	uint32_t nrcpt;
	uint8_t ret;
	struct bundle_str sender, envid, stream, route, tenant, campaign;
	struct bundle_str bodyhash;
	uint64_t start; /* seconds since 1970, 0 at once */
	struct bundle_str windows;
	uint32_t nrun;
	struct field runs;
};

struct bundle_run {
	struct bundle_str domain;
	uint32_t first;
	uint32_t count;
	uint64_t offset;
	uint32_t length;
	uint32_t crc;
};

struct bundle_rcpt {
	struct bundle_str local;
	struct bundle_str orcpt;
	struct bundle_str row; /* its s is NULL if there is none */
	uint8_t notify;
};

int bundle_open(struct bundle *b, int fd) __attribute__((warn_unused_result));
void bundle_close(struct bundle *b);
int bundle_msg(const struct bundle *b, uint32_t n, struct bundle_msg *m_r)
    __attribute__((warn_unused_result));
int bundle_run(const struct bundle *b, struct field *runs,
    struct bundle_run *run_r) __attribute__((warn_unused_result));
void bundle_thin(struct bundle *b);
int bundle_runs(const struct bundle *b, uint32_t n, struct bundle_msg *m,
    stralloc *sa) __attribute__((warn_unused_result));
int bundle_run_at(const struct bundle *b, uint32_t where, char *room,
    struct bundle_run *run_r) __attribute__((warn_unused_result));
int bundle_block(const struct bundle *b, const struct bundle_run *run,
    stralloc *sa) __attribute__((warn_unused_result));
int bundle_rcpt(struct field *block, struct bundle_rcpt *rcpt_r)
    __attribute__((warn_unused_result));
uint64_t bundle_pageup(uint64_t n);
uint64_t bundle_from(const struct bundle_msg *m);
uint32_t bundle_open_at(
    uint64_t start, const struct bundle_str *windows, uint32_t when);
int bundle_windows_ok(const char *s, size_t len);

#endif
