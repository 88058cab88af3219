#include <stdio.h>
#include <string.h>

#include <skalibs/strerr.h>

#include "cmd/dray-tune/act.h"
#include "cmd/dray-tune/breaker.h"
#include "cmd/dray-tune/tally.h"
#include "cmd/dray-tune/tell.h"
#include "cmd/dray-tune/tune.h"

/*
 * A campaign is stopped by what its own recipients say.  A tenant, and a
 * source at a provider, are stopped only if several campaigns were bad: their
 * sample is WIDE times as large, and what a campaign does that was stopped
 * already does not count.  A source is not to blame for addresses that do not
 * exist, so only what is said about it counts there.
 */
#define WIDE 5
#define WHEREMAX 260

enum { CAMPAIGN = 'c', TENANT = 't', SOURCE = 's' };

struct measure {
	enum tally_count count, of;
	const char *what;
	size_t most, sample; /* members of policy_breaker */
};

#define AT(m) offsetof(struct policy_breaker, m)
static const struct measure measures[] = {
	{ TALLY_UNKNOWN, TALLY_DONE, "unknown users", AT(unknown), AT(sample) },
	{ TALLY_HARD, TALLY_DONE, "hard bounces", AT(hard), AT(sample) },
	{ TALLY_SPAM, TALLY_DONE, "blocks for spam", AT(spam), AT(sample) },
	{ TALLY_COMPLAINT, TALLY_DELIVERED, "complaints", AT(complaints),
	    AT(complaint_sample) },
};
#define MEASURES (sizeof measures / sizeof *measures)

static uint32_t
member(const struct policy_breaker *b, size_t offset)
{
	uint32_t v;

	memcpy(&v, (const char *)b + offset, sizeof v);
	return v;
}

static unsigned int
bit(enum tally_count c)
{
	return 1u << c;
}

/* Such an event can be the last straw. */
static int
may_trip(const struct tally *t, const struct measure *m, unsigned int counts)
{
	if (!(counts & bit(m->count)))
		return 0;
	return t->key[0] != SOURCE || m->count == TALLY_SPAM ||
	    m->count == TALLY_COMPLAINT;
}

/* Enough, and too much of it. */
static int
passes(struct tally *t, const struct measure *m, const struct policy_breaker *b,
    uint64_t when)
{
	uint64_t most = member(b, m->most);
	uint64_t n = tally_sum(t, m->count, b->window, when);
	uint64_t of = tally_sum(t, m->of, b->window, when);
	uint64_t sample = member(b, m->sample);

	if (t->key[0] != CAMPAIGN)
		sample *= WIDE;
	return most && of >= sample && n * POLICY_WHOLE >= of * most;
}

static int
set_scope(struct override *o, const struct tally *t)
{
	const char *stream = tally_name(t, 0), *name;

	o->scope.given = 0;
	if (t->key[0] == SOURCE) {
		if (act_where(&o->scope, tally_name(t, 1), tally_name(t, 2),
			tally_name(t, 3)) == -1)
			return -1;
	} else {
		name = tally_name(t, 1);
		if (scope_set(&o->scope, SCOPE_TENANT, name, strlen(name)) ==
		    -1)
			return -1;
		name = tally_name(t, 2);
		if (t->key[0] == CAMPAIGN &&
		    scope_set(&o->scope, SCOPE_CAMPAIGN, name, strlen(name)) ==
			-1)
			return -1;
	}
	return scope_set(&o->scope, SCOPE_STREAM, stream, strlen(stream));
}

static const char *
kind(const struct tally *t)
{
	return t->key[0] == CAMPAIGN ? "campaign"
	    : t->key[0] == TENANT    ? "tenant"
				     : "source";
}

static void
say_why(struct override *o, struct tally *t, const struct measure *m,
    const struct policy_breaker *b, uint64_t when)
{
	uint64_t n = tally_sum(t, m->count, b->window, when);
	uint64_t of = tally_sum(t, m->of, b->window, when);
	uint32_t most = member(b, m->most);

	snprintf(o->reason, sizeof o->reason,
	    "%s of this %s: %llu of %llu recipients (%.2f %%) in %u s, from "
	    "%.2f %% on it is stopped",
	    m->what, kind(t), (unsigned long long)n, (unsigned long long)of,
	    of ? 100. * (double)n / (double)of : 100., (unsigned int)b->window,
	    most / 100.);
}

static void
trip(struct tally *t, const struct measure *m, const struct policy_breaker *b,
    const struct logevent *e, uint64_t when)
{
	static struct override o;

	memset(&o, 0, sizeof o);
	o.action = OVERRIDE_PAUSE;
	if (set_scope(&o, t) == -1)
		return;
	act_id(&o, kind(t), t->key, t->len);
	say_why(&o, t, m, b, when);
	snprintf(o.reply, sizeof o.reply, "%.499s", e->s[LOGEVENT_CONTENT]);
	if (b->pause)
		o.expires = self.now / 1000 + b->pause;
	if (act_put(&o) == -1)
		return;
	memcpy(t->id, o.id, sizeof t->id);
	if (b->notice)
		tell_add(&o);
	state_changed();
}

static void
judge(struct tally *t, unsigned int counts, const struct policy_breaker *b,
    const struct logevent *e, uint64_t when)
{
	size_t i;

	if (*t->id || !b->enabled)
		return;
	for (i = 0; i < MEASURES; i++)
		if (may_trip(t, &measures[i], counts) &&
		    passes(t, &measures[i], b, when)) {
			trip(t, &measures[i], b, e, when);
			return;
		}
}

/* What a refusal counts as. */
static unsigned int
refused(const struct logevent *e)
{
	static const char *const spam[] = { "spam-block", "ip-blocklist",
		"domain-blocklist", "reputation", NULL };
	const char *class = e->s[LOGEVENT_CLASS];
	int i;

	if (strcmp(class, "bad-mailbox") == 0)
		return bit(TALLY_HARD) | bit(TALLY_UNKNOWN);
	if (strcmp(class, "bad-domain") == 0)
		return bit(TALLY_HARD);
	for (i = 0; spam[i]; i++)
		if (strcmp(class, spam[i]) == 0)
			return bit(TALLY_SPAM);
	return logevent_is(e, LOGEVENT_HARDSOFT, "hard") ? bit(TALLY_HARD) : 0;
}

static unsigned int
counts_of(const struct logevent *e)
{
	const char *type = e->s[LOGEVENT_TYPE];

	if (strcmp(type, "Delivery") == 0)
		return bit(TALLY_DONE) | bit(TALLY_DELIVERED);
	if (strcmp(type, "Bounce") == 0)
		return bit(TALLY_DONE) | refused(e);
	if (strcmp(type, "OOB") == 0)
		return refused(e);
	return logevent_complains(e) ? bit(TALLY_COMPLAINT) : 0;
}

static struct tally *
count(char what, const char *const *names, unsigned int n, unsigned int counts,
    const struct policy_breaker *b, uint64_t when)
{
	char key[TALLY_KEYMAX];
	size_t len = tally_key(key, what, names, n);
	struct tally *t = len ? tally_get(key, len) : NULL;
	int c;

	for (c = 0; t && c < TALLY_COUNTS; c++)
		if (counts & bit(c))
			tally_add(t, c, b->window, when);
	return t;
}

/* Where it went: a provider, or a destination that is nobody's. */
static const char *
where(const struct logevent *e, char d[WHEREMAX])
{
	if (*e->s[LOGEVENT_PROVIDER])
		return e->s[LOGEVENT_PROVIDER];
	snprintf(d, WHEREMAX, "@%.255s", e->s[LOGEVENT_SITE]);
	return d;
}

static void
wide(const struct logevent *e, unsigned int counts,
    const struct policy_breaker *b, uint64_t when)
{
	char d[WHEREMAX];
	const char *source[] = { e->s[LOGEVENT_STREAM], e->s[LOGEVENT_POOL],
		e->s[LOGEVENT_SOURCE], where(e, d) };
	const char *tenant[] = { e->s[LOGEVENT_STREAM], e->s[LOGEVENT_TENANT] };
	struct tally *t;

	if (*tenant[1]) {
		t = count(TENANT, tenant, 2, counts, b, when);
		if (t)
			judge(t, counts, b, e, when);
	}
	if (!*e->s[LOGEVENT_SITE] && !*e->s[LOGEVENT_PROVIDER])
		return;
	t = count(SOURCE, source, 4, counts, b, when);
	if (t)
		judge(t, counts, b, e, when);
}

/* Most events in a row are of the same mail. */
static const struct policy_breaker *
policy_of(const struct logevent *e)
{
	static struct policy_breaker b;
	static char stream[POLICY_LABELMAX + 1], tenant[POLICY_LABELMAX + 1];
	static uint64_t generation;
	static int known;

	if (known && generation == self.policy.generation &&
	    strcmp(stream, e->s[LOGEVENT_STREAM]) == 0 &&
	    strcmp(tenant, e->s[LOGEVENT_TENANT]) == 0)
		return &b;
	snprintf(stream, sizeof stream, "%.64s", e->s[LOGEVENT_STREAM]);
	snprintf(tenant, sizeof tenant, "%.64s", e->s[LOGEVENT_TENANT]);
	generation = self.policy.generation;
	known = 1;
	policy_breaker(&self.policy, stream, tenant, &b);
	return &b;
}

void
breaker_event(const struct logevent *e, uint64_t when)
{
	const char *campaign[] = { e->s[LOGEVENT_STREAM], e->s[LOGEVENT_TENANT],
		e->s[LOGEVENT_CAMPAIGN] };
	unsigned int counts = counts_of(e);
	const struct policy_breaker *b;
	struct tally *t = NULL;

	if (!counts || strcmp(campaign[0], "notices") == 0)
		return;
	state_changed();
	b = policy_of(e);
	when /= 1000;
	if (*campaign[2])
		t = count(CAMPAIGN, campaign, 3, counts, b, when);
	if (t && *t->id)
		return;
	wide(e, counts, b, when);
	if (t)
		judge(t, counts, b, e, when);
}

/* Somebody, or the time, has ended what it did: mail gets another chance. */
void
breaker_ended(const char *id)
{
	struct tally *t = tally_tripped(id);

	if (!t)
		return;
	tally_reset(t);
	state_changed();
}

static void
look(struct tally *t)
{
	if (*t->id && !act_stands(t->id))
		tally_reset(t);
}

void
breaker_start(void)
{
	tally_each(look);
}
