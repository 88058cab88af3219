#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include <skalibs/strerr.h>

#include "campaign.h"
#include "common/amount.h"
#include "common/base.h"
#include "common/chars.h"

#define USAGE                                                               \
	"dray-campaign [-q] [-b base] -i id -f sender [-T template] "       \
	"[--text file] [--html file] [--subject text] [--from text] "       \
	"[--to text] [--format format] [--column name] "                    \
	"[--default name=value] [--lenient] [--rejects file] [--limit n] "  \
	"[--dry-run n] [--maildir directory] [--test address] [--at time] " \
	"[--over time] [--window from-to] [--zone name] [--lifetime time] " \
	"[--stream name] [--tenant name] [--route name]"

enum {
	TEXT = 256,
	HTML,
	SUBJECT,
	FROM,
	TO,
	FORMAT,
	COLUMN,
	DEFAULT,
	LENIENT,
	REJECTS,
	LIMIT,
	DRY,
	MAILDIR,
	TEST,
	AT,
	OVER,
	WINDOW,
	ZONE,
	LIFETIME,
	STREAM,
	TENANT,
	ROUTE
};

/* clang-format off */
static const struct option known[] = {
	{ "text", required_argument, NULL, TEXT },
	{ "html", required_argument, NULL, HTML },
	{ "subject", required_argument, NULL, SUBJECT },
	{ "from", required_argument, NULL, FROM },
	{ "to", required_argument, NULL, TO },
	{ "format", required_argument, NULL, FORMAT },
	{ "column", required_argument, NULL, COLUMN },
	{ "default", required_argument, NULL, DEFAULT },
	{ "lenient", no_argument, NULL, LENIENT },
	{ "rejects", required_argument, NULL, REJECTS },
	{ "limit", required_argument, NULL, LIMIT },
	{ "dry-run", required_argument, NULL, DRY },
	{ "maildir", required_argument, NULL, MAILDIR },
	{ "test", required_argument, NULL, TEST },
	{ "at", required_argument, NULL, AT },
	{ "over", required_argument, NULL, OVER },
	{ "window", required_argument, NULL, WINDOW },
	{ "zone", required_argument, NULL, ZONE },
	{ "lifetime", required_argument, NULL, LIFETIME },
	{ "stream", required_argument, NULL, STREAM },
	{ "tenant", required_argument, NULL, TENANT },
	{ "route", required_argument, NULL, ROUTE },
	{ NULL, 0, NULL, 0 },
};
/* clang-format on */

static void
usage(void)
{
	strerr_dieusage(100, USAGE);
}

/* Which of so many it is that is wrong. */
static void
bad_option(int c, const char *arg)
{
	if (c == ':')
		say_line("%s wants a value", arg);
	else if (optopt > 0 && optopt < TEXT)
		say_line("unknown option -%c", optopt);
	else if (optopt)
		say_line("%s: it takes no value", arg);
	else
		say_line("unknown option %s", arg);
	usage();
}

static uint64_t
number(const char *name, const char *s)
{
	uint64_t v;

	if (amount_scan(amount_numbers, s, &v) == -1)
		say_die(100, "--%s %s: not a number", name, s);
	return v;
}

/* 0 would be all of them, which nobody means who says a number. */
static uint64_t
limit(const char *s)
{
	uint64_t v = number("limit", s);

	if (!v)
		say_die(100, "--limit 0: nobody would get it");
	return v;
}

static enum format
format(const char *s)
{
	static const char *const names[] = { "any", "csv", "tsv", "ndjson",
		"plain" };
	size_t i;

	for (i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(names[i], s) == 0)
			return (enum format)i;
	say_die(100, "--format %s: not csv, tsv, ndjson, plain or any", s);
}

static uint32_t
lifetime(const char *s)
{
	uint64_t v;

	if (amount_scan(amount_durations, s, &v) == -1 || !v || v > UINT32_MAX)
		say_die(100, "--lifetime %s: not a time such as 12h or 5d", s);
	return (uint32_t)v;
}

static const char **
text_of(struct options *o, int c)
{
	switch (c) {
	case 'b':
		return &o->base;
	case 'i':
		return &o->id;
	case 'f':
		return &o->sender;
	case 'T':
		return &o->template;
	case TEXT:
		return &o->text;
	case HTML:
		return &o->html;
	case SUBJECT:
		return &o->subject;
	case FROM:
		return &o->from;
	case TO:
		return &o->to;
	case COLUMN:
		return &o->column;
	case REJECTS:
		return &o->rejects;
	case MAILDIR:
		return &o->maildir;
	case TEST:
		return &o->test;
	case AT:
		return &o->at;
	case OVER:
		return &o->over;
	case WINDOW:
		return &o->window;
	case ZONE:
		return &o->zone;
	case STREAM:
		return &o->stream;
	case TENANT:
		return &o->tenant;
	case ROUTE:
		return &o->route;
	default:
		return NULL;
	}
}

static void
take(struct options *o, int c)
{
	const char **text = text_of(o, c);

	if (text) {
		*text = optarg;
		return;
	}
	switch (c) {
	case 'q':
		o->quiet = 1;
		break;
	case FORMAT:
		o->format = format(optarg);
		break;
	case DEFAULT:
		if (o->ndefaults == DEFAULTS_MAX)
			say_die(100, "more than %d defaults", DEFAULTS_MAX);
		o->defaults[o->ndefaults++] = optarg;
		break;
	case LENIENT:
		o->lenient = 1;
		break;
	case LIMIT:
		o->limit = limit(optarg);
		break;
	case DRY:
		o->dry = 1;
		o->samples = number("dry-run", optarg);
		break;
	case LIFETIME:
		o->lifetime = lifetime(optarg);
		break;
	}
}

static void
look_name(const char *option, const char *s)
{
	if (s && (strlen(s) > BUNDLE_NAMEMAX || !chars_name(s, strlen(s))))
		say_die(100,
		    "%s %s: not a name (letters, digits, dots, hyphens and "
		    "underscores, at most %d)",
		    option, s, BUNDLE_NAMEMAX);
}

static void
look_there(const struct options *o)
{
	if (!o->id)
		say_line("-i is missing: a name for the campaign");
	else if (!o->sender)
		say_line("-f is missing: the sender's address");
	else if (!o->template && !o->text && !o->html)
		say_line("-T is missing: the template, or --text and --html");
	else
		return;
	usage();
}

static void
look(const struct options *o)
{
	struct addr a;

	look_there(o);
	if (o->template && (o->text || o->html || o->subject))
		say_die(100,
		    "-T is a whole message: no --text, --html or "
		    "--subject with it");
	look_name("-i", o->id);
	if (!ledger_name_ok(o->id, strlen(o->id)))
		say_die(100,
		    "-i '%s': not a name for a campaign, which has letters, "
		    "digits, dots, hyphens and underscores, and no dot in "
		    "front",
		    o->id);
	look_name("--stream", o->stream);
	look_name("--tenant", o->tenant);
	look_name("--route", o->route);
	if (o->test && addr_split(o->test, strlen(o->test), &a) == -1)
		say_die(100, "--test %s: not a mail address", o->test);
	if (o->maildir && !o->dry)
		say_die(100, "--maildir is for --dry-run");
}

void
options_read(struct options *o, int argc, char **argv)
{
	int c;

	o->base = base_default();
	opterr = 0;
	while ((c = getopt_long(argc, argv, "+:b:f:i:qT:", known, NULL)) != -1)
		if (c == '?' || c == ':')
			bad_option(c, argv[optind - 1]);
		else
			take(o, c);
	if (optind != argc) {
		say_line("%s is no option; the list comes on standard input",
		    argv[optind]);
		usage();
	}
	look(o);
	if (o->test && !o->limit)
		o->limit = 1;
}
