#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "campaign.h"
#include "common/amount.h"
#include "common/bundle.h"
#include "common/field.h"

#define DAYS 62 /* for which windows are told */

uint64_t
when_over(const struct options *o)
{
	uint64_t over = 0;

	if (o->over &&
	    (amount_scan(amount_durations, o->over, &over) == -1 || !over ||
		over > 30 * 86400))
		say_die(
		    100, "--over %s: not a time such as 90m or 4h", o->over);
	return over;
}

static void
set_zone(const char *zone)
{
	char path[512];

	if (!zone)
		return;
	snprintf(path, sizeof path, "/usr/share/zoneinfo/%s", zone);
	if (strstr(zone, "..") ||
	    (strcmp(zone, "UTC") != 0 && access(path, R_OK) == -1))
		say_die(100, "--zone %s: no such time zone", zone);
	setenv("TZ", zone, 1);
	tzset();
}

/* "+2h", "@1795000000", "08:00", "2026-11-23 08:00" or the same with T and Z. */
static time_t
parse_at(const char *s, time_t now)
{
	struct tm tm;
	uint64_t v;
	const char *end;
	time_t at;

	if (*s == '+' && amount_scan(amount_durations, s + 1, &v) == 0)
		return now + (time_t)v;
	if (*s == '@' && amount_scan(amount_numbers, s + 1, &v) == 0)
		return (time_t)v;
	localtime_r(&now, &tm);
	tm.tm_sec = 0;
	end = strptime(s, "%H:%M", &tm);
	if (end && !*end) {
		tm.tm_isdst = -1;
		at = mktime(&tm);
		if (at >= now)
			return at;
		tm.tm_mday++;
		tm.tm_isdst = -1;
		return mktime(&tm);
	}
	memset(&tm, 0, sizeof tm);
	end = strptime(s, "%Y-%m-%d", &tm);
	if (end && (*end == ' ' || *end == 'T'))
		end = strptime(end + 1, "%H:%M", &tm);
	if (end && *end == ':')
		end = strptime(end, ":%S", &tm);
	if (!end || (*end && strcmp(end, "Z") != 0))
		say_die(100,
		    "--at %s: not a time (2026-11-23 08:00, 08:00, +2h)", s);
	tm.tm_isdst = -1;
	return *end == 'Z' ? timegm(&tm) : mktime(&tm);
}

static time_t
on_day(const struct tm *day, int offset, int minutes)
{
	struct tm tm = *day;

	tm.tm_mday += offset;
	tm.tm_hour = minutes / 60;
	tm.tm_min = minutes % 60;
	tm.tm_sec = 0;
	tm.tm_isdst = -1;
	return mktime(&tm);
}

/* One that ends before it begins goes on after midnight. */
static void
put_windows(stralloc *sa, const char *s, time_t from)
{
	unsigned int h1, m1, h2, m2;
	time_t begin, finish, last = 0;
	struct tm day;
	int end = 0, i, a, b;

	if (sscanf(s, "%2u:%2u-%2u:%2u%n", &h1, &m1, &h2, &m2, &end) != 4 ||
	    s[end] || h1 > 24 || h2 > 24 || m1 > 59 || m2 > 59)
		say_die(100, "--window %s: not such as 08:00-20:00", s);
	a = (int)(h1 * 60 + m1);
	b = (int)(h2 * 60 + m2);
	if (a == b)
		say_die(100, "--window %s: it is never open", s);
	localtime_r(&from, &day);
	for (i = -1; i < DAYS; i++) {
		begin = on_day(&day, i, a);
		finish = on_day(&day, b > a ? i : i + 1, b);
		if (begin < last)
			begin = last;
		if (finish <= from || finish <= begin)
			continue;
		field_putu32(sa, (uint32_t)begin);
		field_putu32(sa, (uint32_t)finish);
		last = finish;
	}
}

/* All of it as from when the campaign was begun, so that whoever completes it
 * comes to the same. */
void
when_read(struct when *w, const struct options *o, time_t began)
{
	memset(w, 0, sizeof *w);
	set_zone(o->zone);
	w->over = when_over(o);
	if (o->at)
		w->at = parse_at(o->at, began);
	else if (w->over)
		w->at = began;
	if (o->window)
		put_windows(&w->windows, o->window, w->at ? w->at : began);
}

void
when_warn(const struct when *w, const struct options *o, time_t now)
{
	if (o->at && w->at < now)
		say_line("warning: --at %s is over: it begins at once", o->at);
}

uint64_t
when_start(const struct when *w, uint32_t chunk, uint32_t chunks)
{
	return (uint64_t)w->at + w->over * chunk / chunks;
}
