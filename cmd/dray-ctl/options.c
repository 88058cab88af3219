#include <errno.h>
#include <getopt.h>
#include <string.h>

#include <skalibs/strerr.h>
#include <skalibs/types.h>

#include "cmd/dray-ctl/options.h"
#include "common/addr.h"
#include "common/base.h"
#include "common/chars.h"
#include "common/idn.h"

#define USAGE                                                               \
	"dray-ctl action [value] [-jn] [-b base] [--all] [--for time] "     \
	"[--override id] [--reason text] [--reply text] [--selector value " \
	"...]"
#define LONGEST (10ull * 366 * 86400) /* seconds of a pause */

enum { ALL = 256, FOR, OVERRIDE, REASON, REPLY, SELECTOR };

/* clang-format off */
static const struct option known[] = {
	{ "all", no_argument, NULL, ALL },
	{ "base", required_argument, NULL, 'b' },
	{ "dry-run", no_argument, NULL, 'n' },
	{ "for", required_argument, NULL, FOR },
	{ "json", no_argument, NULL, 'j' },
	{ "override", required_argument, NULL, OVERRIDE },
	{ "reason", required_argument, NULL, REASON },
	{ "reply", required_argument, NULL, REPLY },
	{ "destination", required_argument, NULL, SELECTOR + SCOPE_DESTINATION },
	{ "id", required_argument, NULL, SELECTOR + SCOPE_ID },
	{ "bundle", required_argument, NULL, SELECTOR + SCOPE_BUNDLE },
	{ "tenant", required_argument, NULL, SELECTOR + SCOPE_TENANT },
	{ "campaign", required_argument, NULL, SELECTOR + SCOPE_CAMPAIGN },
	{ "sender", required_argument, NULL, SELECTOR + SCOPE_SENDER },
	{ "stream", required_argument, NULL, SELECTOR + SCOPE_STREAM },
	{ "route", required_argument, NULL, SELECTOR + SCOPE_ROUTE },
	{ "provider", required_argument, NULL, SELECTOR + SCOPE_PROVIDER },
	{ "source", required_argument, NULL, SELECTOR + SCOPE_SOURCE },
	{ NULL, 0, NULL, 0 },
};
/* clang-format on */

static void
usage(void)
{
	strerr_dieusage(100, USAGE);
}

static void
action(struct options *o, const char *s)
{
	static const char *const names[] = { "pause", "resume", "flush",
		"expire", "remove", "list", "cancel" };
	size_t i;
	int a;

	o->name = s;
	for (i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(s, names[i]) == 0)
			o->action = (enum options_action)(i + OPTIONS_PAUSE);
	if (o->action != OPTIONS_NONE)
		return;
	a = override_action(s, strlen(s));
	if (a == -1)
		usage();
	o->action = OPTIONS_OVERRIDE;
	o->o.action = (enum override_action)a;
}

static uint64_t
unit(char c)
{
	switch (c) {
	case 's':
		return 1;
	case 'm':
		return 60;
	case 'h':
		return 3600;
	case 'd':
		return 86400;
	case 'w':
		return 604800;
	default:
		return 0;
	}
}

/* 90, 90s, 15m, 2h, 1d12h. */
static uint64_t
duration(const char *s)
{
	const char *p = s;
	uint64_t t = 0, n, u = 0;
	size_t len;

	for (; *p; p += len + 1) {
		len = uint64_scan(p, &n);
		u = len ? unit(p[len] || p != s ? p[len] : 's') : 0;
		if (!u || n > LONGEST / u || t > LONGEST - n * u)
			break;
		t += n * u;
		if (!p[len] && t)
			return t;
		if (!p[len])
			break;
	}
	if (*p || !t)
		strerr_dief(
		    100, "--for ", s, ": not a time like 90s, 15m, 2h or 1d");
	return t;
}

static void
text(char *d, const char *option, const char *s)
{
	size_t n = strlen(s);

	if (!chars_clean(s, n))
		strerr_dief(100, option, ": a control character");
	if (n > OVERRIDE_TEXTMAX)
		strerr_dief(100, option, ": longer than 500 octets");
	memcpy(d, s, n + 1);
}

/* A domain in other characters than ASCII is in the queue as its A-labels. */
static const char *
with_a_labels(enum scope_key key, const char *s)
{
	static char d[SCOPE_MAX + 1];
	const char *at = key == SCOPE_SENDER ? strrchr(s, '@') : NULL;
	size_t front = at ? (size_t)(at + 1 - s) : s[0] == '.', n;

	if (key != SCOPE_DESTINATION && !at)
		return s;
	for (n = front; s[n] && (unsigned char)s[n] < 128; n++)
		;
	if (!s[n] || front + ADDR_DOMAINMAX > SCOPE_MAX)
		return s;
	memcpy(d, s, front);
	n = idn_ascii(d + front, s + front, strlen(s + front));
	if (!n)
		return s;
	d[front + n] = '\0';
	return d;
}

static void
selector(struct options *o, enum scope_key key, const char *arg)
{
	const char *s = with_a_labels(key, arg);

	if (scope_set(&o->o.scope, key, s, strlen(s)) == 0)
		return;
	if (errno == EEXIST)
		strerr_dief(100, "--", scope_name(key), " is given twice");
	strerr_dief(100, "--", scope_name(key), " cannot have this value");
}

static void
take(struct options *o, int c, const char *arg)
{
	switch (c) {
	case 'b':
		o->base = arg;
		break;
	case 'j':
		o->json = 1;
		break;
	case 'n':
		o->dry = 1;
		break;
	case ALL:
		o->all = 1;
		break;
	case FOR:
		o->seconds = duration(arg);
		break;
	case OVERRIDE:
		o->override = arg;
		break;
	case REASON:
		text(o->o.reason, "--reason", arg);
		break;
	case REPLY:
		text(o->o.reply, "--reply", arg);
		break;
	default:
		if (c < SELECTOR)
			usage();
		selector(o, (enum scope_key)(c - SELECTOR), arg);
	}
}

static int
ends(const struct options *o)
{
	return o->action == OPTIONS_RESUME || o->action == OPTIONS_CANCEL;
}

static int
makes(const struct options *o)
{
	return o->action == OPTIONS_PAUSE || o->action == OPTIONS_OVERRIDE;
}

static void
check_override(const struct options *o)
{
	if (!o->override)
		return;
	if (!ends(o))
		strerr_dief(100, "--override is for resume and cancel only");
	if (!override_idok(o->override))
		strerr_dief(100, "--override: not the id of an override");
	if (o->all || o->o.scope.given)
		strerr_dief(100, "--override and selectors exclude each other");
}

/* Everything is meant only if that is said. */
static void
check(const struct options *o)
{
	if (o->all && o->o.scope.given)
		strerr_dief(100, "--all and selectors contradict each other");
	check_override(o);
	if (o->seconds && !makes(o))
		strerr_dief(100, "--for is for what can end only");
	if (*o->o.reply && !makes(o))
		strerr_dief(100, "--reply is for an override only");
	if (!o->all && !o->o.scope.given && !o->override &&
	    o->action != OPTIONS_LIST)
		strerr_dief(100, "no selector; say --all if all mail is meant");
}

/* What is behind the options. */
static void
operands(struct options *o, int n, char *const *p)
{
	const char *why;

	if (n < 1)
		usage();
	action(o, p[0]);
	if (n != 1 + (o->action == OPTIONS_OVERRIDE))
		usage();
	if (n == 1)
		return;
	why = override_value(&o->o, p[1], strlen(p[1]));
	if (!why)
		why = override_check(&o->o);
	if (why)
		strerr_dief(100, p[0], " ", p[1], ": ", why);
}

void
options_parse(struct options *o, int argc, char *const *argv)
{
	int c;

	memset(o, 0, sizeof *o);
	o->base = base_default();
	opterr = 0;
	while ((c = getopt_long(argc, argv, "b:jn", known, NULL)) != -1)
		take(o, c, optarg);
	operands(o, argc - optind, argv + optind);
	check(o);
}
