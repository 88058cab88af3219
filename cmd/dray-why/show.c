#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include "cmd/dray-why/hold.h"
#include "cmd/dray-why/show.h"
#include "common/print.h"

#define SLOW 2000 /* milliseconds for a message */

static int64_t
number(const json_t *o, const char *key)
{
	return json_integer_value(json_object_get(o, key));
}

static double
real(const json_t *o, const char *key)
{
	return json_number_value(json_object_get(o, key));
}

static void
put(const json_t *o, const char *before, const char *key)
{
	if (!json_string_length(json_object_get(o, key)))
		return;
	fputs(before, stdout);
	print_member(o, key);
}

/* "5 ready, 2 deferred"; what there is none of is left out. */
static void
put_sums(const json_t *o)
{
	static const char *const keys[] = { "ready", "ready", "held", "held",
		"deferred", "deferred", "in_flight", "in flight", NULL };
	const char *const *k, *comma = "";

	for (k = keys; *k; k += 2) {
		if (!number(o, k[0]))
			continue;
		printf("%s%" PRId64 " %s", comma, number(o, k[0]), k[1]);
		comma = ", ";
	}
	printf(*comma ? "\n" : "no mail for it is queued\n");
}

static void
show_streams(const json_t *answer)
{
	const json_t *list = json_object_get(answer, "streams"), *e;
	size_t i;

	for (i = 0; (e = json_array_get(list, i)); i++) {
		printf("  ");
		print_member(e, "name");
		printf(": ");
		put_sums(e);
	}
}

/* Whose servers, and how mail to them flows. */
static void
show_site(const json_t *p)
{
	int64_t n = number(p, "destinations");

	printf("site ");
	print_member(p, "site");
	if (n > 1)
		printf(" and %" PRId64 " other destinations", n - 1);
	put(p, ", provider ", "provider");
	put(p, ", route ", "route");
	put(p, ", from ", "source_address");
	printf(": connections %" PRId64, number(p, "lanes"));
	if (number(p, "connecting"))
		printf(" (not yet up: %" PRId64 ")", number(p, "connecting"));
	if (number(p, "group_lanes") > number(p, "lanes"))
		printf(", of the provider %" PRId64, number(p, "group_lanes"));
	if (number(p, "group_most"))
		printf(" of %" PRId64, number(p, "group_most"));
	printf("; in flight %" PRId64 ", %.1f a second", number(p, "in_flight"),
	    real(p, "per_second"));
	if (real(p, "reply_ms") > 0)
		printf(", %.3f s each", real(p, "reply_ms") / 1000);
	putchar('\n');
}

static void
show_path(const json_t *p, time_t now)
{
	const json_t *list = json_object_get(p, "holds"), *e;
	size_t i;

	if (json_object_get(p, "site"))
		show_site(p);
	for (i = 0; (e = json_array_get(list, i)); i++)
		hold_show(e, now);
	if (number(p, "in_flight") && real(p, "reply_ms") >= SLOW)
		printf("  the servers are slow: %.1f s for each message\n",
		    real(p, "reply_ms") / 1000);
	if (i == 0 && number(p, "recipients") > number(p, "deferred"))
		printf("  nothing holds it back\n");
}

static void
show_deferred(const json_t *answer, time_t now)
{
	int64_t n = number(answer, "deferred");

	if (!n)
		return;
	printf("%" PRId64 " deferred", n);
	if (number(answer, "next_attempt")) {
		printf(", the next attempt is");
		hold_when(number(answer, "next_attempt"), now);
	}
	putchar('\n');
}

void
show(const json_t *answer)
{
	const json_t *list = json_object_get(answer, "paths"), *e;
	time_t now = time(NULL);
	size_t i;

	print_member(answer, "destination");
	printf(": ");
	put_sums(answer);
	show_streams(answer);
	for (i = 0; (e = json_array_get(list, i)); i++)
		show_path(e, now);
	show_deferred(answer, now);
	if (json_is_true(json_object_get(answer, "loading")))
		printf("the spool is still being read\n");
}
