/*
 * dray-ctl - makes and ends overrides; flushes, expires and removes what waits
 * in the queue.  See dray-ctl(1).
 *
 * An override is a file, written first and then told to dray-send, which
 * answers when it is in force; so it holds whether dray-send is there or not.
 * All else is a request to dray-send.
 */
#include <jansson.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <skalibs/strerr.h>

#include "cmd/dray-ctl/files.h"
#include "cmd/dray-ctl/options.h"
#include "cmd/dray-ctl/show.h"
#include "common/controlclient.h"
#include "common/controlproto.h"
#include "common/field.h"
#include "common/mem.h"

#define SECONDS 600 /* dray-send may take to go through a large queue */

struct answer {
	uint64_t messages, recipients, in_flight, unread;
	char error[200];
};

static uint64_t
number(const json_t *o, const char *key)
{
	json_int_t n = json_integer_value(json_object_get(o, key));

	return n > 0 ? (uint64_t)n : 0;
}

static int
take_answer(void *ctx, const char *data, size_t len)
{
	json_t *o = json_loadb(data, len, 0, NULL);
	struct answer *a = ctx;
	const char *error;

	if (!json_is_object(o)) {
		json_decref(o);
		return -1;
	}
	a->messages = number(o, "messages");
	a->recipients = number(o, "recipients");
	a->in_flight = number(o, "in_flight");
	a->unread = number(o, "unread");
	error = json_string_value(json_object_get(o, "error"));
	snprintf(a->error, sizeof a->error, "%s", error ? error : "");
	json_decref(o);
	return 1;
}

/* Who it is, for those who find the decision later. */
static void
author(char *d, size_t max)
{
	const struct passwd *p = getpwuid(getuid());
	const char *sudo = getuid() == 0 ? getenv("SUDO_USER") : NULL;
	size_t i;

	if (sudo && *sudo)
		snprintf(d, max, "%s (sudo)", sudo);
	else if (p)
		snprintf(d, max, "%s", p->pw_name);
	else
		snprintf(d, max, "uid %ld", (long)getuid());
	for (i = 0; d[i]; i++)
		if ((unsigned char)d[i] < 32 || d[i] == 127)
			d[i] = '?';
}

/* 0 dray-send is not running. */
static int
request(const struct options *o, char action, const struct scope *scope,
    struct answer *a)
{
	int fd = controlclient_connect(o->base, SECONDS);
	char who[OVERRIDE_AUTHORMAX + 1];
	stralloc sa = STRALLOC_ZERO;

	memset(a, 0, sizeof *a);
	if (fd == -1)
		return 0;
	author(who, sizeof who);
	field_putu8(&sa, (uint8_t)action);
	field_putu8(&sa, o->dry ? CONTROL_DRY : 0);
	field_putstr(&sa, o->o.reason, strlen(o->o.reason));
	field_putstr(&sa, who, strlen(who));
	scope_put(&sa, scope);
	controlclient_ask(fd, 'A', &sa, take_answer, a);
	stralloc_free(&sa);
	return 1;
}

static void
take_counts(struct counts *c, const struct answer *a)
{
	c->known = 1;
	c->messages = a->messages;
	c->recipients = a->recipients;
	c->in_flight = a->in_flight;
}

/* What went wrong on the way, after what was done has been told. */
static void
complain(const struct answer *a)
{
	char n[24];

	if (*a->error)
		strerr_dief(111, "not all was done: ", a->error);
	if (!a->unread)
		return;
	snprintf(n, sizeof n, "%llu", (unsigned long long)a->unread);
	strerr_dief(111, n,
	    " recipients are in bundles that cannot be read at the moment");
}

static void
not_running(void)
{
	strerr_warnw("dray-send is not running; this holds when it starts");
}

static void
add_id(stralloc *ids, const char *id)
{
	mem_check(stralloc_cats(ids, id) && stralloc_append(ids, '\n'));
}

/* A new override. */
static void
do_override(const struct options *o)
{
	struct override *v = mem_alloc(sizeof *v);
	stralloc ids = STRALLOC_ZERO;
	struct counts c = { 0 };
	struct answer a;

	*v = o->o;
	if (o->all && scope_set(&v->scope, SCOPE_DESTINATION, "*", 1) == -1)
		strerr_dief(101, "all mail is no scope");
	v->created = (uint64_t)time(NULL);
	v->expires = o->seconds ? v->created + o->seconds : 0;
	author(v->author, sizeof v->author);
	if (!o->dry) {
		files_add(files_open(o->base), v);
		add_id(&ids, v->id);
	}
	c.expires = v->expires;
	if (request(o, CONTROL_COUNT, &v->scope, &a))
		take_counts(&c, &a);
	else if (o->dry)
		controlclient_gone(o->base);
	else
		not_running();
	show_counts(o, &c, &ids);
	complain(&a);
	stralloc_free(&ids);
	free(v);
}

static int
is_meant(const struct options *o, const struct override_file *f)
{
	if (o->override)
		return strcmp(o->override, f->id) == 0;
	return !f->why && scope_covers(&o->o.scope, &f->o.scope) &&
	    (o->action == OPTIONS_CANCEL || f->o.action == OVERRIDE_PAUSE);
}

/* What a dry run of resume counts what is held of. */
static const struct scope *
meant_scope(const struct options *o, const struct override_files *f)
{
	size_t i;

	for (i = 0; o->override && i < f->n; i++)
		if (is_meant(o, f->f[i]) && !f->f[i]->why)
			return &f->f[i]->o.scope;
	return &o->o.scope;
}

static uint64_t
less(uint64_t before, uint64_t after)
{
	return before > after ? before - after : 0;
}

/* How much was released: what is held in all, before and after. */
static void
do_resume(const struct options *o)
{
	static const struct scope all;
	stralloc ids = STRALLOC_ZERO;
	struct answer before, after;
	struct counts c = { 0 };
	struct override_files f;
	int dir = files_open(o->base);
	int there;
	size_t i;

	files_read(dir, &f);
	for (i = 0; i < f.n; i++)
		if (is_meant(o, f.f[i]))
			add_id(&ids, f.f[i]->id);
	there = request(
	    o, CONTROL_HELD, o->dry ? meant_scope(o, &f) : &all, &before);
	for (i = 0; i < f.n && !o->dry; i++)
		if (is_meant(o, f.f[i]))
			files_remove(dir, f.f[i]->id);
	if (there && !o->dry)
		there = request(o, CONTROL_HELD, &all, &after);
	else
		memset(&after, 0, sizeof after);
	if (there) {
		take_counts(&c, &before);
		c.messages = less(before.messages, after.messages);
		c.recipients = less(before.recipients, after.recipients);
	} else {
		not_running();
	}
	show_counts(o, &c, &ids);
	complain(&before);
	complain(&after);
	override_dir_free(&f);
	stralloc_free(&ids);
}

static void
do_list(const struct options *o)
{
	struct override_files f;

	files_read(files_open(o->base), &f);
	show_list(&f, o, (uint64_t)time(NULL));
	override_dir_free(&f);
}

static void
do_command(const struct options *o, char action)
{
	stralloc ids = STRALLOC_ZERO;
	struct counts c = { 0 };
	struct answer a;

	if (!request(o, action, &o->o.scope, &a))
		controlclient_gone(o->base);
	take_counts(&c, &a);
	show_counts(o, &c, &ids);
	if (fflush(stdout))
		strerr_diefusys(111, "write output");
	complain(&a);
}

static void
act(const struct options *o)
{
	switch (o->action) {
	case OPTIONS_PAUSE:
	case OPTIONS_OVERRIDE:
		do_override(o);
		break;
	case OPTIONS_RESUME:
	case OPTIONS_CANCEL:
		do_resume(o);
		break;
	case OPTIONS_FLUSH:
		do_command(o, CONTROL_FLUSH);
		break;
	case OPTIONS_EXPIRE:
		do_command(o, CONTROL_EXPIRE);
		break;
	case OPTIONS_REMOVE:
		do_command(o, CONTROL_REMOVE);
		break;
	default:
		do_list(o);
	}
}

int
main(int argc, char **argv)
{
	struct options o;

	PROG = "dray-ctl";
	options_parse(&o, argc, argv);
	act(&o);
	if (fflush(stdout) || ferror(stdout))
		strerr_diefusys(111, "write output");
	return 0;
}
