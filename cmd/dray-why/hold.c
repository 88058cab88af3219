#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "cmd/dray-why/hold.h"
#include "common/print.h"
#include "common/term.h"

static int64_t
number(const json_t *o, const char *key)
{
	return json_integer_value(json_object_get(o, key));
}

static int
has(const json_t *o, const char *key)
{
	return json_string_length(json_object_get(o, key)) > 0;
}

/* before, the member, after; nothing if there is none. */
static void
put(const json_t *o, const char *before, const char *key, const char *after)
{
	if (!has(o, key))
		return;
	fputs(before, stdout);
	print_member(o, key);
	fputs(after, stdout);
}

void
hold_when(int64_t t, time_t now)
{
	if (t < now || t > now + 60) {
		printf(" at ");
		term_time(t);
	} else {
		printf(" in %" PRId64 " s", t - now);
	}
}

static void
put_ending(const json_t *h, time_t now)
{
	(void)h;
	(void)now;
	printf("dray-send is stopping");
}

static void
put_override(const json_t *h, time_t now)
{
	const json_t *action = json_object_get(h, "action");

	printf("the override ");
	print_member(h, "id");
	if (json_is_string(action) &&
	    strcmp(json_string_value(action), "reroute") == 0)
		put(h, " sends mail by the route ", "value", "");
	else if (json_is_string(action) &&
	    strcmp(json_string_value(action), "restream") == 0)
		put(h, " delivers some of it as ", "value", "");
	else if (json_is_string(action) &&
	    strcmp(json_string_value(action), "pause"))
		put(h, " changes its limits: ", "action", "");
	else if (json_is_true(json_object_get(h, "all")))
		printf(" holds all of it");
	else
		printf(" holds some of it");
	put(h, ", by ", "author", "");
	put(h, ": ", "reason", "");
	if (number(h, "expires")) {
		printf("; it ends");
		hold_when(number(h, "expires"), now);
	}
	put(h, "; after the reply: ", "reply", "");
}

static void
put_refused(const json_t *h, time_t now)
{
	(void)now;
	printf("nobody takes its mail");
	put(h, ": ", "reason", "");
}

static void
put_sleep(const json_t *h, time_t now)
{
	const json_t *of = json_object_get(h, "of");
	int site = json_is_string(of) && !strcmp(json_string_value(of), "site");

	printf("%s left alone, failures: %" PRId64,
	    site ? "the servers are" : "it is", number(h, "failures"));
	put(h, ": ", "reason", "");
	printf("; the next attempt is");
	hold_when(number(h, "until"), now);
}

static void
put_dns(const json_t *h, time_t now)
{
	(void)h;
	(void)now;
	printf("it waits for dray-dns");
}

static void
put_log(const json_t *h, time_t now)
{
	(void)now;
	printf("%" PRId64 " octets of events are not in the log yet",
	    number(h, "octets"));
	if (json_is_true(json_object_get(h, "notices")))
		printf(", or notices cannot be written");
}

static void
put_next(const json_t *h)
{
	put(h, " ", "limit", "");
	put(h, " (", "set_by", ")");
	printf(", the next one in %.3f s",
	    json_number_value(json_object_get(h, "next_ms")) / 1000);
}

/* The key of [limits] is what holds. */
static void
put_rate(const json_t *h, time_t now)
{
	int64_t kept = number(h, "kept_percent");

	(void)now;
	print_member(h, "what");
	put_next(h);
	if (kept)
		printf("; %" PRId64 " %% of the burst are for other streams",
		    kept);
}

static void
put_connections(const json_t *h, time_t now)
{
	int64_t kept = number(h, "kept");

	(void)now;
	printf("connections %" PRId64, number(h, "most"));
	put(h, " (", "set_by", ")");
	printf(": %" PRId64 " taken", number(h, "used"));
	if (kept)
		printf(", %" PRId64 " kept for other streams", kept);
}

static void
put_servers(const json_t *h, time_t now)
{
	(void)now;
	printf("the servers take no more connections now than %" PRId64,
	    number(h, "most"));
}

static void
put_workers(const json_t *h, time_t now)
{
	(void)now;
	if (!number(h, "workers"))
		printf("no dray-remote is running");
	else
		printf("no place is free for it in any dray-remote (%" PRId64
		       "): %" PRId64 " of %" PRId64 " are taken",
		    number(h, "workers"), number(h, "lanes"),
		    number(h, "places"));
}

/* How much of a day is used up, or that the disk is waited for. */
static void
put_used(const json_t *h, time_t now)
{
	int64_t kept = number(h, "kept");

	if (json_is_true(json_object_get(h, "unwritten"))) {
		printf(": spool/daily is not written yet");
		return;
	}
	printf(": %" PRId64 " of %" PRId64 " used", number(h, "used"),
	    number(h, "most"));
	put(h, " (", "set_by", ")");
	if (kept)
		printf(", %" PRId64 " kept for other streams", kept);
	printf("; the day ends");
	hold_when(number(h, "until"), now);
}

static void
put_day(const json_t *h, time_t now)
{
	print_member(h, "what");
	put_used(h, now);
}

/* A source that is not warm yet. */
static void
put_warmup(const json_t *h, time_t now)
{
	printf("warm-up ");
	print_member(h, "plan");
	put(h, " (", "set_by", ")");
	if (number(h, "begins")) {
		printf(" begins");
		hold_when(number(h, "begins"), now);
	} else {
		printf(", day %" PRId64 " of %" PRId64 ": %" PRId64
		       " of %" PRId64 " used",
		    number(h, "day"), number(h, "days"), number(h, "used"),
		    number(h, "most"));
		if (json_is_true(json_object_get(h, "unwritten")))
			printf(", spool/daily is not written yet");
		else
			printf(", the next one in %.3f s",
			    json_number_value(json_object_get(h, "next_ms")) /
				1000);
	}
	put(h, "; the rest goes by route ", "overflow", "");
}

/* What routes or providers have together, or a tenant or a campaign. */
static void
put_quota(const json_t *h, time_t now)
{
	print_member(h, "what");
	put(h, " of the ", "of", " ");
	print_member(h, "name");
	if (number(h, "until") || json_object_get(h, "unwritten")) {
		put_used(h, now);
	} else if (number(h, "most")) {
		printf(": %" PRId64 " of %" PRId64 " taken", number(h, "used"),
		    number(h, "most"));
		put(h, " (", "set_by", ")");
	} else {
		put_next(h);
	}
}

static const struct {
	const char *what;
	void (*put)(const json_t *h, time_t now);
} kinds[] = {
	{ "ending", put_ending },
	{ "override", put_override },
	{ "refused", put_refused },
	{ "sleep", put_sleep },
	{ "dns", put_dns },
	{ "log", put_log },
	{ "message-rate", put_rate },
	{ "byte-rate", put_rate },
	{ "connection-rate", put_rate },
	{ "connections", put_connections },
	{ "daily-messages", put_day },
	{ "total-daily-messages", put_quota },
	{ "warm-up", put_warmup },
	{ "total-message-rate", put_quota },
	{ "total-connections", put_quota },
	{ "share", put_quota },
	{ "servers", put_servers },
	{ "workers", put_workers },
};

void
hold_show(const json_t *h, time_t now)
{
	const json_t *what = json_object_get(h, "what");
	size_t i, n = sizeof kinds / sizeof *kinds;

	if (!json_is_string(what))
		return;
	printf("  ");
	put(h, "", "stream", ": ");
	for (i = 0; i < n; i++)
		if (strcmp(json_string_value(what), kinds[i].what) == 0)
			break;
	if (i < n)
		kinds[i].put(h, now);
	else
		print_member(h, "what");
	putchar('\n');
}
