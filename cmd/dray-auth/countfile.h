/*
 * countfile - the file auth/count/daily: how many messages each user has sent
 * today, in records as in daycount.h.  A user has a place in it, which is written
 * over.
 *
 *   countfile_start(loop, today, fn)
 *                           reads it, calls fn for each count of this day or a
 *                           later one, and writes it anew with these, in the
 *                           same order; dies (111) if it cannot
 *   countfile_put(place, r) writes a record: for whoever comes after us at
 *                           once, and on disk within COUNTFILE_SYNC seconds,
 *                           which worker.h sees to
 */
#ifndef DRAY_AUTH_COUNTFILE_H
#define DRAY_AUTH_COUNTFILE_H

#include <ev.h>
#include <stddef.h>
#include <stdint.h>

#include "common/daycount.h"

#define COUNTFILE_MAX 65536 /* records */
#define COUNTFILE_OCTETS ((1 + COUNTFILE_MAX) * DAYCOUNT_LEN)
#define COUNTFILE_SYNC 1

void countfile_start(struct ev_loop *loop, uint32_t today, daycount_fn *fn);
void countfile_put(uint32_t place, const struct daycount *r);

#endif
