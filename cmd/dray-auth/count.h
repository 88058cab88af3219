/*
 * count - what of a user's quota and rate is used.
 *
 *   count_start(loop)      after countfile_start()
 *   count_take(user, n, day_r, n_r)
 *                          one more message: AUTH_GOOD, or why not, and what
 *                          authproto.h says of it
 *   count_give(user, n, day)  it was not sent
 *
 * The day is that of UTC.  It is counted in countfile.h before count_take
 * returns.  A rate of 100/h lets 100 through at once and then one each 36
 * seconds; it begins anew when dray-auth does.  At most COUNT_MAX users are
 * counted a day; those behind them have AUTH_BUSY.
 */
#ifndef DRAY_AUTH_COUNT_H
#define DRAY_AUTH_COUNT_H

#include <ev.h>
#include <stddef.h>
#include <stdint.h>

#include "cmd/dray-auth/countfile.h"

#define COUNT_MAX COUNTFILE_MAX

void count_start(struct ev_loop *loop);
char count_take(const char *user, size_t n, uint32_t *day_r, uint64_t *n_r);
void count_give(const char *user, size_t n, uint32_t day);

#endif
