/*
 * dray-suppress - who gets no mail any more.  See dray-suppress(8).
 *
 * What add and remove say is appended to a journal, as other programs do, and is
 * in force at once.  import and fold make a new suppress.cdb beside the old one;
 * wherever they are killed, the old one and the journals still say all
 * (suppresslog.h), and the next fold goes on.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <skalibs/sgetopt.h>
#include <skalibs/strerr.h>
#include <sodium.h>

#include "cmd/dray-suppress/list.h"
#include "cmd/dray-suppress/text.h"
#include "common/amount.h"
#include "common/base.h"
#include "common/keyhash.h"

/* clang-format off */
#define USAGE \
	"dray-suppress [-b base] [-n note] [-r reason] [-s scope] [-t time] " \
	"add address ...\n" \
	"       dray-suppress [-b base] [-n note] [-r reason] [-s scope] " \
	"[-t time] import [file]\n" \
	"       dray-suppress [-b base] [-r reason] [-s scope] " \
	"remove address ...\n" \
	"       dray-suppress [-b base] query address ...\n" \
	"       dray-suppress [-b base] export\n" \
	"       dray-suppress [-b base] [-m size] fold"
/* clang-format on */

struct options {
	const char *base, *note, *reason, *scope, *time, *size;
};

/* clang-format off */
static const struct {
	const char *word;
	int (*fn)(struct list *l, const char *const *words, int n);
	int least, most; /* words behind it */
	const char *options;
	int write;
} commands[] = {
	{ "add", list_add, 1, 1 << 20, "nrst", 1 },
	{ "import", list_import, 0, 1, "nrst", 1 },
	{ "remove", list_remove, 1, 1 << 20, "rs", 1 },
	{ "query", list_query, 1, 1 << 20, "", 0 },
	{ "export", list_export, 0, 0, "", 0 },
	{ "fold", list_fold, 0, 0, "m", 1 },
};
/* clang-format on */
#define COMMANDS (sizeof commands / sizeof *commands)

__attribute__((noreturn)) static void
usage(void)
{
	strerr_dieusage(100, USAGE);
}

/* Only the options that the command has. */
static void
check_options(const struct options *o, const char *has)
{
	if ((o->note && !strchr(has, 'n')) ||
	    (o->reason && !strchr(has, 'r')) ||
	    (o->scope && !strchr(has, 's')) || (o->time && !strchr(has, 't')) ||
	    (o->size && !strchr(has, 'm')))
		usage();
}

static void
must(const char *option, const char *value, const char *wrong)
{
	if (wrong)
		strerr_dief(100, option, " ", value, ": ", wrong);
}

/* Needs the keys, as a list is known by its hash. */
static void
take_options(struct list *l, const struct options *o, int importing)
{
	struct suppress_entry *e = &l->like;

	e->reason = importing ? SUPPRESS_IMPORT : SUPPRESS_MANUAL;
	e->scope = SUPPRESS_EVERYWHERE;
	e->time = (uint32_t)time(NULL);
	l->reasoned = o->reason != NULL;
	l->scoped = o->scope != NULL;
	if (o->reason)
		must("-r", o->reason,
		    text_reason(e, o->reason, strlen(o->reason)));
	if (o->scope)
		must("-s", o->scope,
		    text_scope(e, &l->keys, o->scope, strlen(o->scope)));
	if (o->time)
		must("-t", o->time, text_time(e, o->time, strlen(o->time)));
	if (o->note)
		must("-n", o->note, text_note(e, o->note, strlen(o->note)));
	if (o->size && amount_scan(amount_sizes, o->size, &l->least) == -1)
		must("-m", o->size, "that is no size");
}

static void
open_input(struct list *l, const char *file)
{
	l->in = stdin;
	l->in_name = "(stdin)";
	if (!file || strcmp(file, "-") == 0)
		return;
	l->in_name = file;
	l->in = fopen(file, "re");
	if (!l->in)
		strerr_diefusys(111, "open ", file);
}

static int
run(const struct options *o, const char *const *words, int n)
{
	static struct list l;
	size_t i;

	for (i = 0; i < COMMANDS; i++)
		if (n && strcmp(words[0], commands[i].word) == 0)
			break;
	if (i == COMMANDS || n - 1 < commands[i].least ||
	    n - 1 > commands[i].most)
		usage();
	check_options(o, commands[i].options);
	open_input(
	    &l, commands[i].fn == list_import && n > 1 ? words[1] : NULL);
	list_open(&l, o->base, commands[i].write);
	take_options(&l, o, commands[i].fn == list_import);
	return commands[i].fn(&l, words + 1, n - 1);
}

static void
take_option(struct options *o, int opt, const char *value)
{
	switch (opt) {
	case 'b':
		o->base = value;
		return;
	case 'm':
		o->size = value;
		return;
	case 'n':
		o->note = value;
		return;
	case 'r':
		o->reason = value;
		return;
	case 's':
		o->scope = value;
		return;
	case 't':
		o->time = value;
		return;
	default:
		usage();
	}
}

int
main(int argc, char const *const *argv)
{
	struct options o = { .base = base_default() };
	subgetopt l = SUBGETOPT_ZERO;
	int opt;

	PROG = "dray-suppress";
	while ((opt = subgetopt_r(argc, argv, "b:m:n:r:s:t:", &l)) != -1)
		take_option(&o, opt, l.arg);
	if (sodium_init() == -1)
		strerr_dief(111, "no random numbers");
	keyhash_start();
	return run(&o, argv + l.ind, argc - (int)l.ind);
}
