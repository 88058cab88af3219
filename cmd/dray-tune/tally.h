/*
 * tally - counts of what became of mail, by whom it was from or where it went,
 * over a window of time.
 *
 *   tally_key(k, kind, ...)  a key of up to four names; k has TALLY_KEYMAX
 *                           octets.  Its length, 0 they do not fit
 *   tally_get(k, len)       the one of this key; it is made if there is none.
 *                           The one that was used least recently gives way,
 *                           but none that has tripped
 *   tally_name(t, i)        the i-th name of its key, from 0 on
 *   tally_add(t, count, window, when)  one more; seconds
 *   tally_sum(t, count, window, when)
 *   tally_reset(t)
 *   tally_tripped(id)       the one that has tripped by this override, or NULL
 *   tally_save(sa), tally_load(line)  a line for each; load returns -1 if it is
 *                           none
 *
 * A window is kept as two: what came in the last one counts as far as it
 * reaches into the last `window` seconds, if it came evenly.
 */
#ifndef DRAY_TUNE_TALLY_H
#define DRAY_TUNE_TALLY_H

#include <sys/queue.h>

#include <skalibs/stralloc.h>

#include "common/keyhash.h"
#include "common/override.h"

#define TALLY_MAX 20000
#define TALLY_KEYMAX 512
#define TALLY_NAMES 4

enum tally_count {
	TALLY_DONE, /* recipients that have their verdict */
	TALLY_DELIVERED,
	TALLY_HARD,
	TALLY_UNKNOWN,
	TALLY_SPAM,
	TALLY_COMPLAINT,
	TALLY_COUNTS
};

struct tally {
	UT_hash_handle hh;
	TAILQ_ENTRY(tally) link; /* the newest in front */
	uint64_t begin; /* of this window */
	uint32_t n[TALLY_COUNTS], last[TALLY_COUNTS];
	char id[OVERRIDE_IDMAX + 1]; /* by which it has tripped; "" not */
	unsigned int len;
	char key[]; /* kind, and the names, each with a zero octet */
};

size_t tally_key(
    char k[TALLY_KEYMAX], char kind, const char *const *names, unsigned int n);
struct tally *tally_get(const char *k, size_t len);
const char *tally_name(const struct tally *t, unsigned int i);
void tally_add(
    struct tally *t, enum tally_count count, uint64_t window, uint64_t when);
uint64_t tally_sum(
    struct tally *t, enum tally_count count, uint64_t window, uint64_t when);
void tally_reset(struct tally *t);
struct tally *tally_tripped(const char *id);
void tally_each(void (*fn)(struct tally *t));
void tally_save(stralloc *sa);
int tally_load(const char *line);

#endif
