#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cmd/dray-stat/show.h"
#include "common/print.h"
#include "common/term.h"

static int64_t
number(const json_t *o, const char *key)
{
	return json_integer_value(json_object_get(o, key));
}

/* 45s, 12m, 3h, 3h20m, 5d04h: two units at most. */
static const char *
duration(int64_t s)
{
	static char b[32];
	int64_t more = s < 86400 ? s / 60 % 60 : s / 3600 % 24;
	int n;

	if (s < 60)
		n = snprintf(b, sizeof b, "%" PRId64 "s", s < 0 ? 0 : s);
	else if (s < 3600)
		n = snprintf(b, sizeof b, "%" PRId64 "m", s / 60);
	else if (s < 86400)
		n = snprintf(b, sizeof b, "%" PRId64 "h", s / 3600);
	else
		n = snprintf(b, sizeof b, "%" PRId64 "d", s / 86400);
	if (s >= 3600 && more)
		snprintf(b + n, sizeof b - (size_t)n, "%02" PRId64 "%c", more,
		    s < 86400 ? 'm' : 'h');
	return b;
}

/* A line of numbers: "title: 5 this, 6 that". */
static void
put_numbers(const json_t *o, const char *title, const char *const *keys)
{
	const char *comma = "";

	printf("%-10s", title);
	for (; *keys; keys += 2) {
		if (!json_object_get(o, keys[0]))
			continue;
		printf("%s%" PRId64 " %s", comma, number(o, keys[0]), keys[1]);
		comma = ", ";
	}
	putchar('\n');
}

static void
show_totals(const json_t *o)
{
	static const char *const queue[] = { "messages", "messages",
		"recipients", "recipients", "bundles", "bundles", NULL };
	static const char *const now[] = { "in_flight", "in flight", "lanes",
		"lanes", "workers", "workers", NULL };
	static const char *const past[] = { "received", "received", "delivered",
		"delivered", "deferred", "deferred", "bounced", "bounced",
		"expired", "expired", "removed", "removed", "suppressed",
		"suppressed", NULL };

	put_numbers(o, "queued", queue);
	put_numbers(o, "now", now);
	put_numbers(o, "so far", past);
	printf("%-10s%s", "up", duration(number(o, "uptime")));
	if (json_object_get(o, "policy"))
		printf(", policy %" PRId64, number(o, "policy"));
	if (json_is_true(json_object_get(o, "loading")))
		printf(", still reading the spool");
	if (number(o, "log_backlog"))
		printf(", %" PRId64 " octets of events are not in the log yet",
		    number(o, "log_backlog"));
	putchar('\n');
}

/* Streams and routes. */
static void
show_groups(const json_t *o, const char *key, const char *title)
{
	const json_t *list = json_object_get(o, key), *e;
	size_t i;

	if (json_array_size(list) == 0)
		return;
	printf("\n%10s %10s  %s\n", "messages", "recipients", title);
	for (i = 0; (e = json_array_get(list, i)); i++) {
		if (json_object_get(e, "messages"))
			printf("%10" PRId64, number(e, "messages"));
		else
			printf("%10s", "-");
		printf(" %10" PRId64 "  ", number(e, "recipients"));
		print_member(e, "name");
		putchar('\n');
	}
}

static void
show_destination(const json_t *e, time_t now)
{
	int64_t until = number(e, "asleep_until");

	printf("%10" PRId64 " %10" PRId64 " %6" PRId64 " %7s  ",
	    number(e, "recipients"), number(e, "deferred"), number(e, "lanes"),
	    until ? duration(until > now ? until - now : 0) : "-");
	print_member(e, "name");
	if (json_string_length(json_object_get(e, "reason"))) {
		printf(" (");
		print_member(e, "reason");
		putchar(')');
	}
	if (number(e, "held"))
		printf(" (%" PRId64 " held)", number(e, "held"));
	putchar('\n');
}

static void
show_destinations(const json_t *o)
{
	const json_t *list = json_object_get(o, "destinations"), *e;
	time_t now = time(NULL);
	size_t i;

	if (json_array_size(list) == 0)
		return;
	printf("\n%10s %10s %6s %7s  %s\n", "recipients", "deferred", "lanes",
	    "asleep", "destination");
	for (i = 0; (e = json_array_get(list, i)); i++)
		show_destination(e, now);
}

static void
show_ages(const json_t *o)
{
	const json_t *list = json_object_get(o, "ages"), *e;
	size_t i;

	if (json_array_size(list) == 0)
		return;
	printf("\n%10s  age\n", "recipients");
	for (i = 0; (e = json_array_get(list, i)); i++) {
		printf("%10" PRId64, number(e, "recipients"));
		if (json_object_get(e, "under"))
			printf("  under %s\n", duration(number(e, "under")));
		else
			printf("  older\n");
	}
}

/* "campaign november, destination .example.com" */
static void
show_scope(const json_t *e)
{
	static const char *const keys[] = { "destination", "id", "bundle",
		"tenant", "campaign", "sender", "stream", "route", "provider" };
	const char *comma = "";
	const json_t *v;
	size_t i;

	for (i = 0; i < sizeof keys / sizeof *keys; i++) {
		v = json_object_get(e, keys[i]);
		if (!json_is_string(v))
			continue;
		printf("%s%s ", comma, keys[i]);
		if (json_string_length(v))
			term_str(json_string_value(v), json_string_length(v));
		else
			printf("(none)");
		comma = ", ";
	}
}

static void
show_action(const json_t *e)
{
	const char *action = json_string_value(json_object_get(e, "action"));

	if (!action || strcmp(action, "pause") == 0) {
		printf("paused    ");
		return;
	}
	printf("override  ");
	print_member(e, "action");
	putchar(' ');
	if (json_string_length(json_object_get(e, "value")))
		print_member(e, "value");
	printf(": ");
}

static void
show_override(const json_t *e, time_t now)
{
	int64_t expires = number(e, "expires");

	show_action(e);
	show_scope(json_object_get(e, "scope"));
	if (expires)
		printf(", for another %s", duration(expires - now));
	if (json_string_length(json_object_get(e, "author"))) {
		printf(", by ");
		print_member(e, "author");
	}
	if (json_string_length(json_object_get(e, "reason"))) {
		printf(": ");
		print_member(e, "reason");
	}
	putchar('\n');
}

/* What is in force, and why. */
static void
show_overrides(const json_t *o)
{
	const json_t *list = json_object_get(o, "overrides"), *e;
	int64_t more = number(o, "overrides_in_force");
	time_t now = time(NULL);
	size_t i;

	for (i = 0; (e = json_array_get(list, i)); i++)
		show_override(e, now);
	more -= (int64_t)i;
	if (more > 0)
		printf("override  %" PRId64 " more\n", more);
	if (number(o, "overrides_malformed"))
		printf("%" PRId64 " files in overrides/ are malformed and mean "
		       "nothing\n",
		    number(o, "overrides_malformed"));
}

void
show(const json_t *answer)
{
	show_totals(answer);
	show_overrides(answer);
	show_groups(answer, "streams", "stream");
	show_groups(answer, "routes", "route");
	show_destinations(answer);
	show_ages(answer);
}
