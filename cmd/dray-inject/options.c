#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sysexits.h>
#include <unistd.h>

#include "common/notify.h"
#include "options.h"
#include "say.h"

#define USAGE                                                          \
	"usage: dray-inject [-itv] [-b mode | base] [-F name] "        \
	"[-f address] [-N notify] [-o option] [-R return] [-V envid] " \
	"[-X key[=value]] [address ...]"

/* "+:": options end at the first address, and ':' is a missing argument. */
#define KNOWN "+:b:F:f:iN:o:q::R:r:tV:X:IM:Q::"

/* What some sendmail has and what means nothing here, so that it is taken. */
#define IGNORED "A:B:C:D:d::e:Gh:JL:mnO:p:sT:UvxcE"

static void
set_mode(struct options *o, const char *arg)
{
	/* Modes are one letter; a name is what -b is elsewhere in dray. */
	if (arg[0] && arg[1]) {
		o->base = arg;
		return;
	}
	switch (arg[0]) {
	case 'm':
		o->mode = OPTIONS_SEND;
		return;
	case 'p':
		o->mode = OPTIONS_LIST;
		return;
	case 'i':
		o->mode = OPTIONS_NOTHING;
		return;
	case 's':
		say_die(EX_USAGE,
		    "-bs: no SMTP here; the message itself "
		    "goes to standard input");
	case 'd':
	case 'D':
		say_die(EX_USAGE,
		    "-b%s: this is no daemon; "
		    "dray's daemons run under s6",
		    arg);
	}
	say_die(EX_USAGE, "-b%.20s: no such mode here (-bm, -bp)", arg);
}

static void
set_notify(struct options *o, const char *arg)
{
	o->notify = notify_parse(arg, strlen(arg));
	if (!o->notify)
		say_die(EX_USAGE,
		    "-N %.40s: not never, or some of "
		    "success,failure,delay",
		    arg);
}

static void
set_return(struct options *o, const char *arg)
{
	if (!strcasecmp(arg, "full"))
		o->ret = 'F';
	else if (!strcasecmp(arg, "hdrs"))
		o->ret = 'H';
	else
		say_die(EX_USAGE, "-R %.40s: not full or hdrs", arg);
}

static int
hex(char c)
{
	const char *digits = "0123456789ABCDEF";
	const char *p = c ? strchr(digits, c) : NULL;

	return p ? (int)(p - digits) : -1;
}

/* Kept as xtext (RFC 3461 4), the form in which servers get it and whoever
 * tells the sender decodes it.  A '+' that begins no +XX stands for itself. */
static void
set_envid(struct options *o, const char *arg)
{
	static const char digits[] = "0123456789ABCDEF";
	size_t n = 0;
	int c, plain;

	for (; *arg; arg++) {
		c = (unsigned char)*arg;
		plain = c > ' ' && c <= '~' && c != '+' && c != '=';
		if (c == '+' && hex(arg[1]) >= 0 && hex(arg[2]) >= 0) {
			c = hex(arg[1]) * 16 + hex(arg[2]);
			arg += 2;
		}
		if (c < ' ' || c > '~' ||
		    n + (plain ? 1 : 3) > sizeof o->envid - 1)
			break;
		if (plain) {
			o->envid[n++] = (char)c;
			continue;
		}
		o->envid[n++] = '+';
		o->envid[n++] = digits[c / 16];
		o->envid[n++] = digits[c % 16];
	}
	o->envid[n] = '\0';
	if (*arg || !n)
		say_die(EX_USAGE, "-V: not 1 to %d printable characters",
		    OPTIONS_ENVIDMAX);
}

static void
set_ours(struct options *o, const char *arg)
{
	const char *eq = strchr(arg, '=');
	size_t n = eq ? (size_t)(eq - arg) : strlen(arg);

	if (!eq && !strcmp(arg, "id")) {
		o->print_id = 1;
		return;
	}
	if (n == 4 && eq && !memcmp(arg, "base", 4) && eq[1]) {
		o->base = eq + 1;
		return;
	}
	if (eq &&
	    settings_set(&o->settings, arg, n, eq + 1, strlen(eq + 1)) == 0)
		return;
	if (eq && errno == EINVAL)
		say_die(EX_USAGE, "-X %.80s: bad value", arg);
	say_die(EX_USAGE,
	    "-X %.80s: not id, base=, stream=, route=, "
	    "campaign=, tenant= or lifetime=",
	    arg);
}

static void
set(struct options *o, int c)
{
	switch (c) {
	case 'b':
		set_mode(o, optarg);
		break;
	case 'F':
		o->fullname = optarg;
		break;
	case 'f':
	case 'r':
		o->sender = optarg;
		break;
	case 'i':
		o->ignore_dot = 1;
		break;
	case 'I':
		o->mode = OPTIONS_NOTHING;
		break;
	case 'N':
		set_notify(o, optarg);
		break;
	case 'o': /* -oi; all others are the old way to set what is not here */
		if (!strcmp(optarg, "i"))
			o->ignore_dot = 1;
		break;
	case 'M':
	case 'Q':
		say_die(EX_USAGE, "-%c: not here; see dray-ctl(1)", c);
	case 'q': /* the queue is always running */
		o->mode = OPTIONS_NOTHING;
		break;
	case 'R':
		set_return(o, optarg);
		break;
	case 't':
		o->from_header = 1;
		break;
	case 'V':
		set_envid(o, optarg);
		break;
	case 'X':
		set_ours(o, optarg);
		break;
	case ':':
		say_die(EX_USAGE, "-%c needs an argument; " USAGE, optopt);
	case '?':
		say_die(EX_USAGE, "-%c: unknown option; " USAGE, optopt);
	}
}

static enum options_mode
mode_of(const char *name)
{
	const char *slash = strrchr(name, '/');

	name = slash ? slash + 1 : name;
	if (!strcmp(name, "mailq"))
		return OPTIONS_LIST;
	return strcmp(name, "newaliases") ? OPTIONS_SEND : OPTIONS_NOTHING;
}

int
options_parse(struct options *o, int argc, char **argv)
{
	int c;

	memset(o, 0, sizeof *o);
	o->base = getenv("DRAY_BASE");
	if (!o->base || !o->base[0])
		o->base = DRAY_BASE;
	o->mode = mode_of(argc ? argv[0] : "");
	opterr = 0;
	while ((c = getopt(argc, argv, KNOWN IGNORED)) != -1)
		set(o, c);
	return optind;
}
