/*
 * logline - what may stand in the event log (logproto.h).
 *
 *   logline_ok(s, len)      1 if s is one line: at most LOG_LINEMAX octets
 *                           with its newline, '{' first, '}' last, and no
 *                           other control character.  Whether it is JSON is
 *                           its writer's business
 *   logline_allok(s, len, n_r)  1 if s is whole lines of that kind, at least
 *                           one; n_r how many
 */
#ifndef DRAY_LOGLINE_H
#define DRAY_LOGLINE_H

#include <stddef.h>
#include <stdint.h>

int logline_ok(const char *s, size_t len);
int logline_allok(const char *s, size_t len, uint64_t *n_r);

#endif
