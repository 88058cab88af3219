#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <skalibs/strerr.h>

#include "cmd/dray-policy/force.h"
#include "cmd/dray-policy/reply.h"
#include "cmd/dray-policy/rulebook.h"
#include "common/base.h"

static struct rules *
in_force(const char *base)
{
	char path[BASE_PATHMAX];
	const void *record;
	struct policy p;
	struct rules *r;
	size_t n;

	base_path(path, base, "policy/policy.cdb");
	if (policy_open(&p, path) == -1)
		strerr_dief(errno == EPROTO || errno == ENOENT ? 100 : 111,
		    "unable to read ", path, ": ", policy_why(errno));
	if (policy_record(&p, RULESET_KEY, strlen(RULESET_KEY), &record, &n) !=
		1 ||
	    !(r = ruleset_load(record, n)))
		strerr_dief(
		    100, "unable to read ", path, ": ", policy_why(errno));
	policy_close(&p);
	return r;
}

/* The text; ends the program when it cannot be read or is wrong. */
static void
read_text(struct conf *c, const struct reply_source *s)
{
	if (!s->rules) {
		force_read(c, s->base);
		return;
	}
	conf_init(c, stderr);
	if (rulebook_read(c, s->rules) == -1)
		strerr_diefusys(errno == ENOMEM || errno == EIO ? 111 : 100,
		    "read ", c->trouble);
	if (c->mistakes)
		exit(100);
}

struct rules *
reply_rules(const struct reply_source *s)
{
	struct conf c;
	struct rules *r;

	if (!s->text && !s->rules)
		return in_force(s->base);
	read_text(&c, s);
	r = c.rules ? ruleset_load(c.rules->record.s, c.rules->record.len)
		    : ruleset_load("", 0);
	if (!r)
		strerr_diefusys(101, "load the rules");
	conf_free(&c);
	return r;
}

void
reply_test(const struct reply_source *s)
{
	unsigned long rules = 0, samples = 0;
	const struct rulebook_rule *r;
	struct conf c;
	unsigned int j;
	size_t i;

	read_text(&c, s); /* that tries them all */
	for (i = 0; c.rules && i < c.rules->ntried; i++, rules++) {
		r = c.rules->tried[i];
		for (j = 0; j < r->nline; j++)
			samples += r->line[j].key == RULEBOOK_MATCH ||
			    r->line[j].key == RULEBOOK_NOMATCH;
	}
	printf(
	    "%lu rules, %lu samples, all as they should be\n", rules, samples);
	conf_free(&c);
}
