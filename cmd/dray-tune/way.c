#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <skalibs/strerr.h>

#include "cmd/dray-tune/act.h"
#include "cmd/dray-tune/tally.h"
#include "cmd/dray-tune/tune.h"
#include "cmd/dray-tune/way.h"
#include "common/mem.h"
#include "common/override_dir.h"

#define STALE 30000 /* milliseconds: what is older says nothing of now */

TAILQ_HEAD(ways, way);

static struct way *byname;
static struct ways all = TAILQ_HEAD_INITIALIZER(all);
static unsigned int count;

static int
is_active(const struct way *w)
{
	return w->slope.rate > 0 || w->slope.lanes || w->hold.state != HOLD_NOT;
}

static void
make_room(void)
{
	struct way *w;

	TAILQ_FOREACH_REVERSE(w, &all, ways, link)
	if (!is_active(w))
		break;
	if (!w)
		w = TAILQ_LAST(&all, ways);
	HASH_DEL(byname, w);
	TAILQ_REMOVE(&all, w, link);
	free(w);
	count--;
}

static struct way *new (const char *k, size_t len)
{
	struct way *w;

	if (count >= WAY_MAX)
		make_room();
	w = mem_alloc(sizeof *w + len);
	memcpy(w->key, k, len);
	w->len = (unsigned int)len;
	w->pool = w->key + 1;
	w->source = w->pool + strlen(w->pool) + 1;
	w->where = w->source + strlen(w->source) + 1;
	HASH_ADD(hh, byname, key, w->len, w);
	TAILQ_INSERT_HEAD(&all, w, link);
	count++;
	return w;
}

static struct way *
get(const char *pool, const char *source, const char *where)
{
	const char *names[] = { pool, source, where };
	char key[TALLY_KEYMAX];
	size_t len = tally_key(key, 'w', names, 3);
	struct way *w;

	if (!len || !*where || !strcmp(where, "@"))
		return NULL;
	HASH_FIND(hh, byname, key, len, w);
	if (!w)
		return new (key, len);
	if (w != TAILQ_FIRST(&all)) {
		TAILQ_REMOVE(&all, w, link);
		TAILQ_INSERT_HEAD(&all, w, link);
	}
	return w;
}

static struct way *
of_event(const struct logevent *e)
{
	char d[260];

	snprintf(d, sizeof d, "@%.255s", e->s[LOGEVENT_SITE]);
	return get(e->s[LOGEVENT_POOL], e->s[LOGEVENT_SOURCE],
	    *e->s[LOGEVENT_PROVIDER] ? e->s[LOGEVENT_PROVIDER] : d);
}

int
way_scope(const struct way *w, struct override *o, const char *what)
{
	act_id(o, what, w->key, w->len);
	return act_where(&o->scope, w->pool, w->source, w->where);
}

static unsigned int
slot_of(struct way *w, uint64_t when)
{
	uint64_t tick = when / WAY_SLOT;
	unsigned int i = (unsigned int)(tick % WAY_SLOTS);

	if (w->slot[i].tick != tick) {
		memset(&w->slot[i], 0, sizeof w->slot[i]);
		w->slot[i].tick = tick;
	}
	return i;
}

void
way_sum(const struct way *w, uint64_t from, struct way_sum *s_r)
{
	uint64_t tick = from / WAY_SLOT;
	unsigned int i;

	memset(s_r, 0, sizeof *s_r);
	for (i = 0; i < WAY_SLOTS; i++) {
		if (w->slot[i].tick < tick)
			continue;
		s_r->ok += w->slot[i].ok;
		s_r->slow += w->slot[i].slow;
		s_r->listed += w->slot[i].listed;
	}
}

static uint32_t
hash(const char *s, uint32_t h)
{
	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * 16777619u;
	return h;
}

static void
note_session(struct way *w, const char *id, uint64_t when)
{
	uint32_t h = hash(id, 2166136261u);
	unsigned int i = h % WAY_SESSIONS;

	w->session[i].name = h;
	w->session[i].when = when;
}

static int
is_class(const struct logevent *e, const char *const *list)
{
	for (; *list; list++)
		if (logevent_is(e, LOGEVENT_CLASS, *list))
			return 1;
	return 0;
}

enum { OK, SLOW, LISTED, NOTHING };

static int
meaning(const struct logevent *e)
{
	static const char *const slow[] = { "rate-limited", "reputation",
		NULL };
	static const char *const listed[] = { "ip-blocklist", "no-ptr", NULL };

	if (logevent_is(e, LOGEVENT_TYPE, "Delivery"))
		return OK;
	if (is_class(e, slow))
		return SLOW;
	if (is_class(e, listed))
		return LISTED;
	/* Whatever else it says, it was not too fast. */
	return logevent_is(e, LOGEVENT_TYPE, "Session") ? NOTHING : OK;
}

/* Those of one transaction come one behind the other. */
static int
is_another(struct way *w, const struct logevent *e)
{
	uint32_t h = hash(
	    e->s[LOGEVENT_INDEX], hash(e->s[LOGEVENT_SESSION], 2166136261u));
	int other = h != w->last;

	w->last = h;
	return other;
}

static void
attempt(struct way *w, const struct logevent *e, uint64_t when, int what)
{
	unsigned int i = slot_of(w, when);

	if (!w->since)
		w->since = when;
	if (what == OK)
		w->slot[i].ok++;
	else if (what == SLOW)
		w->slot[i].slow++;
	else
		w->slot[i].listed++;
	note_session(w, e->s[LOGEVENT_SESSION], when);
}

/* A connection that was not let in. */
static int
is_connecting(const struct logevent *e)
{
	static const char *const early[] = { "connect", "banner", "EHLO",
		"STARTTLS", NULL };
	int i;

	for (i = 0; early[i]; i++)
		if (logevent_is(e, LOGEVENT_COMMAND, early[i]))
			return 1;
	return 0;
}

void
way_event(const struct logevent *e, uint64_t when)
{
	int session = logevent_is(e, LOGEVENT_TYPE, "Session");
	int what = meaning(e);
	struct way *w;

	if (!self.set.enabled || what == NOTHING || when + STALE < self.now ||
	    (session && !is_connecting(e)) ||
	    logevent_is(e, LOGEVENT_CODE, "0"))
		return;
	w = of_event(e);
	if (!w || (!session && !is_another(w, e)))
		return;
	attempt(w, e, when, what);
	if (what == OK)
		return;
	snprintf(w->reply, sizeof w->reply, "%.3s %.490s", e->s[LOGEVENT_CODE],
	    e->s[LOGEVENT_CONTENT]);
	if (what == LISTED)
		hold_listed(w);
	else if (session)
		slope_lanes(w);
	else
		slope_refused(w);
}

static int
earlier(int a, int b)
{
	if (a < 0 || b < 0)
		return a < 0 ? b : a;
	return a < b ? a : b;
}

/* Those that are active are in front of those that had nothing for long, but
 * there may be some behind; there are not many of either. */
int
way_turn(void)
{
	struct way *w;
	int ms = -1;

	TAILQ_FOREACH (w, &all, link) {
		if (!is_active(w))
			continue;
		ms = earlier(ms, slope_turn(w));
		ms = earlier(ms, hold_turn(w));
	}
	return ms;
}

void
way_ended(const char *id)
{
	struct way *w;

	TAILQ_FOREACH (w, &all, link)
		if (is_active(w) && (slope_ended(w, id) || hold_ended(w, id)))
			return;
}

static void
learn(const struct override *o)
{
	const struct scope *sc = &o->scope;
	char d[SCOPE_MAX + 2];
	struct way *w;

	if (strcmp(o->author, ACT_AUTHOR) != 0 || scope_has(sc, SCOPE_STREAM) ||
	    !scope_has(sc, SCOPE_ROUTE))
		return;
	snprintf(d, sizeof d, "@%s", sc->value[SCOPE_DESTINATION]);
	w = get(sc->value[SCOPE_ROUTE], sc->value[SCOPE_SOURCE],
	    scope_has(sc, SCOPE_PROVIDER) ? sc->value[SCOPE_PROVIDER] : d);
	if (!w)
		return;
	if (o->action == OVERRIDE_PAUSE)
		hold_learn(w, o);
	else
		slope_learn(w, o);
}

void
way_start(void)
{
	struct override_files f;
	size_t i;

	if (override_dir_read(self.overrides, &f) == -1)
		strerr_diefusys(111, "read overrides/");
	for (i = 0; i < f.n; i++)
		if (!f.f[i]->why)
			learn(&f.f[i]->o);
	override_dir_free(&f);
}
