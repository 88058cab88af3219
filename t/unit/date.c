/* Dates as days, against the C library. */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "cmd/dray-policy/date.h"
#include "t/lib/tap.h"

static void
every_day(void)
{
	uint32_t day, got, first, last;
	char text[DATE_MAX], want[32];
	struct tm tm;
	int good = 1;
	time_t t;

	ok(date_parse("2000-01-01", &first) == 0 && first == 10957,
	    "the first day");
	ok(date_parse("2999-12-31", &last) == 0, "the last day");
	for (day = first; day <= last; day++) {
		t = (time_t)day * 86400;
		gmtime_r(&t, &tm);
		strftime(want, sizeof want, "%Y-%m-%d", &tm);
		if (strcmp(date_fmt(text, day), want) != 0 ||
		    date_parse(want, &got) == -1 || got != day)
			good = 0;
	}
	ok(good, "each of the days from then to then, there and back");
}

static void
no_dates(void)
{
	static const char *const none[] = { "2026-02-29", "2100-02-29",
		"2026-00-10", "2026-13-10", "2026-04-31", "2026-01-00",
		"1999-12-31", "3000-01-01" };
	static const char *const other[] = { "", "2026", "2026-1-1",
		"2026-01-01 ", "26-01-01", "2026/01/01", "2026-01-1x",
		"-026-01-01", "2026-01-011" };
	uint32_t day;
	size_t i;

	for (i = 0; i < sizeof none / sizeof *none; i++)
		ok(date_parse(none[i], &day) == -1 && errno == ERANGE, none[i]);
	for (i = 0; i < sizeof other / sizeof *other; i++)
		ok(date_parse(other[i], &day) == -1 && errno == EINVAL,
		    other[i]);
	ok(date_parse("2028-02-29", &day) == 0, "a leap day");
}

int
main(void)
{
	every_day();
	no_dates();
	return done_testing();
}
