/*
 * daycount - the file spool/daily, in which dray-send keeps how much of what is
 * limited by the day has left (dray-spool(5)).
 *
 * It is a header and any number of records, all of the same length; the last
 * record of a key is what counts.  What stands behind the last good record is
 * an end that was being written when the power went, and nothing was done on
 * its strength; a record that is bad in front of a good one is damage.
 *
 *   daycount_head(d)        the header, DAYCOUNT_LEN octets
 *   daycount_pack(d, r)     a record, DAYCOUNT_LEN octets
 *   daycount_each(s, n, f, arg)
 *                           calls f(arg, r) for each good record of a file.  1
 *                           the file is good, 0 it is damaged
 */
#ifndef DRAY_DAYCOUNT_H
#define DRAY_DAYCOUNT_H

#include <stddef.h>
#include <stdint.h>

#define DAYCOUNT_FILE "daily" /* in spool/ */
#define DAYCOUNT_NEW "daily.new" /* takes its place */
#define DAYCOUNT_LEN 32
#define DAYCOUNT_KEYLEN 16
#define DAYCOUNT_KEYS (1u << 20) /* in one file */
#define DAYCOUNT_RECORDS (3 * DAYCOUNT_KEYS)
#define DAYCOUNT_FILEMAX ((1 + (size_t)DAYCOUNT_RECORDS) * DAYCOUNT_LEN)

struct daycount {
	unsigned char key[DAYCOUNT_KEYLEN];
	uint32_t day; /* since 1970, in UTC */
	uint64_t count;
};

typedef void daycount_fn(void *arg, const struct daycount *r);

void daycount_head(unsigned char d[DAYCOUNT_LEN]);
void daycount_pack(unsigned char d[DAYCOUNT_LEN], const struct daycount *r);
int daycount_each(const unsigned char *s, size_t n, daycount_fn *f, void *arg);

#endif
