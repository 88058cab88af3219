/*
 * date - days of the calendar as YYYY-MM-DD, from 2000-01-01 to 2999-12-31, in
 * days since 1970-01-01.
 *
 *   date_parse(s, day_r)   0, or -1 with errno: EINVAL not of this form, ERANGE
 *                          there is no such day, or it is not one of these
 *   date_fmt(d, day)       d has room for DATE_MAX octets; returns d
 */
#ifndef DRAY_POLICY_DATE_H
#define DRAY_POLICY_DATE_H

#include <stdint.h>

#define DATE_MAX 32

int date_parse(const char *s, uint32_t *day_r);
char *date_fmt(char *d, uint32_t day);

#endif
