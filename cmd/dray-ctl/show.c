#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cmd/dray-ctl/show.h"
#include "common/json.h"
#include "common/mem.h"
#include "common/term.h"

static void
put_override(const struct override *o)
{
	stralloc sa = STRALLOC_ZERO;

	override_text(&sa, o);
	mem_check(stralloc_0(&sa));
	term_text(sa.s);
	stralloc_free(&sa);
}

static void
list_one(const struct override_file *f, uint64_t now)
{
	const struct override *o = &f->o;

	term_text(f->id);
	if (f->why) {
		printf(": not in force: %s\n", f->why);
		return;
	}
	printf(": ");
	put_override(o);
	putchar('\n');
	if (o->created) {
		printf("        since ");
		term_time((int64_t)o->created);
		putchar('\n');
	}
	if (o->expires) {
		printf("        until ");
		term_time((int64_t)o->expires);
		printf("%s\n", o->expires <= now ? ", which is over" : "");
	}
	if (*o->author) {
		printf("        by ");
		term_text(o->author);
		putchar('\n');
	}
	if (*o->reason) {
		printf("        because: ");
		term_text(o->reason);
		putchar('\n');
	}
	if (*o->reply) {
		printf("        after: ");
		term_text(o->reply);
		putchar('\n');
	}
}

static void
put_line(stralloc *sa)
{
	json_line(sa);
	fwrite(sa->s, 1, sa->len, stdout);
	sa->len = 0;
}

static void
json_one(stralloc *sa, const struct override_file *f)
{
	json_open(sa);
	if (f->why) {
		json_text(sa, "id", f->id);
		json_text(sa, "malformed", f->why);
	} else {
		override_json(sa, &f->o);
	}
	put_line(sa);
}

void
show_list(const struct override_files *f, const struct options *o, uint64_t now)
{
	stralloc sa = STRALLOC_ZERO;
	size_t i, n = 0;

	for (i = 0; i < f->n; i++) {
		if (f->f[i]->why
			? o->o.scope.given != 0
			: !scope_covers(&o->o.scope, &f->f[i]->o.scope))
			continue;
		n++;
		if (o->json)
			json_one(&sa, f->f[i]);
		else
			list_one(f->f[i], now);
	}
	if (!n && !o->json)
		printf("No override is there.\n");
	stralloc_free(&sa);
}

static void
json_ids(stralloc *sa, const stralloc *ids)
{
	const char *nl;
	size_t i, n;

	json_arr(sa, "overrides");
	for (i = 0; i < ids->len; i += n + 1) {
		nl = memchr(ids->s + i, '\n', ids->len - i);
		n = (size_t)(nl - ids->s) - i;
		json_str(sa, NULL, ids->s + i, n);
	}
	json_arrend(sa);
}

static void
json_counts(
    const struct options *o, const struct counts *c, const stralloc *ids)
{
	stralloc sa = STRALLOC_ZERO;

	json_open(&sa);
	json_text(&sa, "action", o->name);
	json_bool(&sa, "dry_run", o->dry);
	if (c->known) {
		json_u64(&sa, "messages", c->messages);
		json_u64(&sa, "recipients", c->recipients);
		json_u64(&sa, "in_flight", c->in_flight);
	}
	if (c->expires)
		json_u64(&sa, "expires", c->expires);
	json_ids(&sa, ids);
	put_line(&sa);
	stralloc_free(&sa);
}

static int
ends(const struct options *o)
{
	return o->action == OPTIONS_RESUME || o->action == OPTIONS_CANCEL;
}

static void
put_ids(const struct options *o, const stralloc *ids)
{
	size_t i, n = 0;

	for (i = 0; i < ids->len; i++)
		n += ids->s[i] == '\n';
	if (ends(o) && n == 0)
		printf("No override says so.\n");
	if (n == 0)
		return;
	if (!ends(o))
		printf("override ");
	else
		printf(o->dry ? "would be removed:\n" : "removed:\n");
	fwrite(ids->s, 1, ids->len, stdout);
}

void
show_counts(
    const struct options *o, const struct counts *c, const stralloc *ids)
{
	static const char *const done[] = { "", "held", "released",
		"to be tried now", "expired", "removed", "", "released",
		"concerned" };

	if (o->json) {
		json_counts(o, c, ids);
		return;
	}
	put_ids(o, ids);
	if (!c->known)
		return;
	printf("%s%s: %" PRIu64 " %s, %" PRIu64 " %s\n",
	    o->dry ? "would be " : "", done[o->action], c->messages,
	    c->messages == 1 ? "message" : "messages", c->recipients,
	    c->recipients == 1 ? "recipient" : "recipients");
	if (c->in_flight)
		printf("in flight, not recalled: %" PRIu64 " %s\n",
		    c->in_flight,
		    c->in_flight == 1 ? "recipient" : "recipients");
}
