#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cmd/dray-policy/date.h"

#define YEAR_MIN 2000
#define YEAR_MAX 2999

static int
isleap(unsigned int year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static unsigned int
days_of(unsigned int year, unsigned int month)
{
	static const unsigned char days[] = { 31, 28, 31, 30, 31, 30, 31, 31,
		30, 31, 30, 31 };

	return days[month - 1] + (month == 2 && isleap(year) ? 1u : 0u);
}

/* Before that year began. */
static uint32_t
days_before(unsigned int year)
{
	unsigned int y = year - 1;

	return 365 * (year - 1970) + y / 4 - y / 100 + y / 400 - 477;
}

/* So many digits. */
static int
number(const char *s, size_t n, unsigned int *v_r)
{
	if (strspn(s, "0123456789") != n)
		return 0;
	for (*v_r = 0; n; n--)
		*v_r = 10 * *v_r + (unsigned int)(*s++ - '0');
	return 1;
}

int
date_parse(const char *s, uint32_t *day_r)
{
	unsigned int y, m, d, i;

	if (!number(s, 4, &y) || s[4] != '-' || !number(s + 5, 2, &m) ||
	    s[7] != '-' || !number(s + 8, 2, &d) || s[10]) {
		errno = EINVAL;
		return -1;
	}
	if (y < YEAR_MIN || y > YEAR_MAX || m < 1 || m > 12 || d < 1 ||
	    d > days_of(y, m)) {
		errno = ERANGE;
		return -1;
	}
	*day_r = days_before(y) + d - 1;
	for (i = 1; i < m; i++)
		*day_r += days_of(y, i);
	return 0;
}

char *
date_fmt(char *d, uint32_t day)
{
	unsigned int y = 1970 + day / 366, m = 1;

	while (days_before(y + 1) <= day)
		y++;
	for (day -= days_before(y); day >= days_of(y, m); m++)
		day -= days_of(y, m);
	snprintf(d, DATE_MAX, "%04u-%02u-%02u", y, m, (unsigned int)day + 1);
	return d;
}
