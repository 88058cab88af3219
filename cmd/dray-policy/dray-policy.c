/*
 * dray-policy - check, compile, show and explain the policy.  See
 * dray-policy(8).
 *
 * The text under etc/ is the operator's; the daemons see nothing of it but
 * policy/policy.cdb, which this program replaces as a whole, and only by a
 * policy without a mistake.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <skalibs/sgetopt.h>
#include <skalibs/strerr.h>

#include "cmd/dray-policy/conf.h"
#include "cmd/dray-policy/explaincommand.h"
#include "cmd/dray-policy/force.h"
#include "cmd/dray-policy/history.h"
#include "cmd/dray-policy/message.h"
#include "cmd/dray-policy/packcommand.h"
#include "cmd/dray-policy/reply.h"
#include "cmd/dray-policy/view.h"
#include "common/base.h"

/* clang-format off */
#define USAGE \
	"dray-policy [-b base] [-n] check | compile | show\n" \
	"       dray-policy [-b base] [-n] " EXPLAINCOMMAND_USAGE "\n" \
	"       dray-policy [-b base] [-n] explain --message file " \
	"[--sender address] [--recipients number] [--campaign name] " \
	"[--tenant name] [--stream name] [--uid number]\n" \
	"       dray-policy [-b base] [-n] [-r rules] classify | test\n" \
	"       dray-policy replay rules\n" \
	"       dray-policy [-b base] generations\n" \
	"       dray-policy [-b base] diff [from [to]]\n" \
	"       dray-policy [-b base] rollback [generation]\n" \
	"       dray-policy pack [-s secretkey] -o file directory\n" \
	"       dray-policy [-b base] verify [-p publickey] file\n" \
	"       dray-policy [-b base] install [-fnu] file\n" \
	"       dray-policy [-b base] remove [-n] name\n" \
	"       dray-policy [-b base] packs"
/* clang-format on */

static void
check(const char *base)
{
	struct conf c;

	force_read(&c, base);
	conf_free(&c);
}

/* The text is read under the lock, so that a later generation never holds an
 * older text. */
static void
compile(const char *base)
{
	uint64_t generation;
	struct conf c;
	int dirfd = force_lock(base);

	force_read(&c, base);
	generation = force_put(dirfd, base, &c, "compile");
	conf_free(&c);
	close(dirfd);
	printf("generation %llu\n", (unsigned long long)generation);
}

/* What every command that prints ends with: a full disk is not silent. */
static void
flush(void)
{
	if (fflush(stdout) == EOF || ferror(stdout))
		strerr_diefusys(111, "write to standard output");
}

/* With text, what the files say; else what is in force. */
static void
open_view(struct view *v, const char *base, const char *path, int text)
{
	struct conf c;

	if (text) {
		force_read(&c, base);
		if (view_of(v, &c) == -1)
			strerr_diefusys(111, "make a policy of ", base);
		conf_free(&c);
	} else if (view_open(v, path) == -1)
		strerr_dief(errno == EPROTO || errno == ENOENT ? 100 : 111,
		    "unable to read ", path, ": ", policy_why(errno));
}

/* After a look into it that may have failed. */
static void
close_view(struct view *v, const char *path, int r)
{
	if (r == -1)
		strerr_dief(
		    100, "unable to read ", path, ": ", policy_why(errno));
	view_close(v);
}

static void
show_text(const char *base)
{
	char *s = force_facts(base);

	fputs(s, stdout);
	free(s);
}

static void
show(const char *base, const char *path, int text)
{
	struct view v;

	if (text) {
		show_text(base);
		return;
	}
	open_view(&v, base, path, 0);
	close_view(&v, path, view_show(&v, stdout));
}

static void
explain_one(
    const char *base, const char *path, int text, struct explain_query *q)
{
	struct view v;

	open_view(&v, base, path, text);
	close_view(&v, path, explaincommand_run(&v, q, base, stdout));
}

static void
explain_message(const char *base, const char *path, int text,
    const char *const *args, int n)
{
	struct message_wish w;
	struct view v;

	if (message_options(&w, args, n) == -1)
		strerr_dieusage(100, USAGE);
	open_view(&v, base, path, text);
	close_view(&v, path, message_explain(&w, &v, stdout));
}

/* The commands that look at the text or at what is in force.  1 when it was
 * one of them. */
static int
run_view(const char *const *args, int n, const char *base, int text)
{
	static struct explain_query q;
	char path[BASE_PATHMAX];

	base_path(path, base, "policy/policy.cdb");
	if (!strcmp(args[0], "check") && n == 1)
		check(base);
	else if (!strcmp(args[0], "show") && n == 1)
		show(base, path, text);
	else if (!strcmp(args[0], "explain") && message_wanted(args, n))
		explain_message(base, path, text, args, n);
	else if (!strcmp(args[0], "explain") &&
	    explaincommand_parse(&q, args, n) == 0)
		explain_one(base, path, text, &q);
	else
		return 0;
	return 1;
}

/* The commands that change what is in force, and those about that. */
static int
run_force(const char *const *args, int n, const char *base)
{
	if (!strcmp(args[0], "compile") && n == 1)
		compile(base);
	else if (!strcmp(args[0], "generations") && n == 1)
		history_list(base);
	else if (!strcmp(args[0], "diff") && n <= 3)
		history_diff(base, args[1], n == 3 ? args[2] : NULL);
	else if (!strcmp(args[0], "rollback") && n <= 2)
		history_rollback(base, args[1]);
	else
		return 0;
	return 1;
}

/* The commands that try rules. */
static int
run_reply(const char *const *args, int n, struct reply_source *s)
{
	if (!strcmp(args[0], "classify") && n == 1) {
		reply_classify(s);
	} else if (!strcmp(args[0], "test") && n == 1) {
		s->text = 1;
		reply_test(s);
	} else if (!strcmp(args[0], "replay") && n == 2 && !s->rules) {
		s->rules = args[1];
		reply_replay(s);
	} else {
		return 0;
	}
	return 1;
}

static void
run(const char *const *args, int n, struct reply_source *s)
{
	if (n < 1 ||
	    (!run_reply(args, n, s) &&
		(s->rules ||
		    (!run_view(args, n, s->base, s->text) &&
			(s->text ||
			    (!run_force(args, n, s->base) &&
				!packcommand_run(args, n, s->base)))))))
		strerr_dieusage(100, USAGE);
	flush();
}

int
main(int argc, char const *const *argv)
{
	struct reply_source s = { .base = base_default() };
	subgetopt l = SUBGETOPT_ZERO;
	int c;

	PROG = "dray-policy";
	while ((c = subgetopt_r(argc, argv, "b:nr:", &l)) != -1) {
		if (c == 'b')
			s.base = l.arg;
		else if (c == 'n')
			s.text = 1;
		else if (c == 'r')
			s.rules = l.arg;
		else
			strerr_dieusage(100, USAGE);
	}
	run(argv + l.ind, argc - l.ind, &s);
	return 0;
}
