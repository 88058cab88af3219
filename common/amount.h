/*
 * amount - numbers with units, as operators write them.
 *
 *   amount_digits(s, v_r)  decimal digits alone, without sign or blanks; the
 *                          result is how many, and too large a number is
 *                          UINT64_MAX
 *   amount_scan(u, s, v_r) a number and at most one unit of u, in upper or
 *                          lower case
 *   amount_rate(u, s, v_r) a rate such as 100/h, 5/min or 20/30s, or none, as
 *                          POLICY_RATE (policy.h) has it
 *   amount_fmt(d, u, v)    the shortest exact way to write it
 *   amount_fmt_rate(d, u, v)
 *
 * The former return 0, or -1 with errno: EINVAL not written so, ERANGE a rate
 * that is no rate.  The latter write at most AMOUNT_FMTMAX octets with the end.
 * Units go from small to large, and the first one is what a bare number means.
 */
#ifndef DRAY_AMOUNT_H
#define DRAY_AMOUNT_H

#include <stddef.h>
#include <stdint.h>

#define AMOUNT_FMTMAX 24

struct amount_unit {
	char c;
	uint64_t factor; /* 0: the end of the list */
};

extern const struct amount_unit amount_sizes[]; /* K M G */
extern const struct amount_unit amount_durations[]; /* s m h d w */
extern const struct amount_unit amount_percents[];
extern const struct amount_unit amount_numbers[]; /* none */

size_t amount_digits(const char *s, uint64_t *v_r);
int amount_scan(const struct amount_unit *u, const char *s, uint64_t *v_r);
int amount_rate(const struct amount_unit *u, const char *s, uint64_t *v_r);
void amount_fmt(char *d, const struct amount_unit *u, uint64_t v);
void amount_fmt_rate(char *d, const struct amount_unit *u, uint64_t v);

#endif
