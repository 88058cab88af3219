#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/dray-send/daily.h"
#include "cmd/dray-send/level.h"
#include "cmd/dray-send/path.h"
#include "cmd/dray-send/quota.h"
#include "cmd/dray-send/send.h"
#include "cmd/dray-send/steer.h"
#include "cmd/dray-send/warmup.h"
#include "common/mem.h"

/* Groups: the sites of one provider, from one source, and their limits. */

static void
take_limits(struct group *g, const struct policy_limits *p)
{
	const struct policy_limits *old = g->set;

	g->set = limits_take(p);
	limits_drop(old);
	g->bent = UINT64_MAX;
	bend_group(g);
	volume_set(g);
	g->generation = self.policy.generation;
	group_todo(g);
}

#define NAME_MAX_ (2 + POLICY_LABELMAX)

/* Its key: the path, then the name of the provider. */
static size_t
make_name(char *name, uint16_t path, const char *provider)
{
	size_t len = strlen(provider);

	memcpy(name, &path, sizeof path);
	memcpy(name + sizeof path, provider, len + 1);
	return sizeof path + len;
}

static struct group *
new_group(uint16_t path, const char *provider)
{
	struct group *g = mem_alloc(sizeof *g);
	char name[NAME_MAX_ + 1];
	size_t len;

	TAILQ_INIT(&g->sites);
	TAILQ_INIT(&g->idle);
	g->path = path;
	if (!provider[0])
		return g;
	len = make_name(name, path, provider);
	g->name = mem_dup(name, len);
	g->provider = g->name + sizeof path;
	HASH_ADD_KEYPTR(hh, self.groups, g->name, len, g);
	return g;
}

void
group_free(struct group *g)
{
	if (g->provider)
		HASH_DEL(self.groups, g);
	quota_leave(g);
	daily_drop(g->daily);
	warmup_drop(g);
	rates_drop(g);
	if (g->istodo)
		TAILQ_REMOVE(&self.grouptodo, g, todo);
	level_free_all(g);
	limits_drop(g->limits);
	limits_drop(g->set);
	free(g->name);
	free(g);
}

/* Its lines are not listed. */
void
group_leave(struct site *s)
{
	struct group *g = s->group;

	if (!g)
		return;
	TAILQ_REMOVE(&g->sites, s, link);
	relief_leave(s);
	g->nlanes -= s->nlanes;
	g->nkept -= s->nkept;
	quota_lane(g, -(int)s->nlanes);
	s->group = NULL;
	if (TAILQ_EMPTY(&g->sites) && !(g->provider && rates_last(g)))
		group_free(g);
}

static void
move(struct site *s, struct group *g)
{
	struct line *l;

	if (s->group == g)
		return;
	for (l = s->lines; l; l = l->next)
		level_unlist(l);
	group_leave(s);
	s->group = g;
	relief_join(s);
	TAILQ_INSERT_TAIL(&g->sites, s, link);
	g->nlanes += s->nlanes;
	g->nkept += s->nkept;
	quota_lane(g, (int)s->nlanes);
	site_anew(s);
}

static struct group *
find(const struct site *s, uint16_t path, const char *provider)
{
	char name[NAME_MAX_ + 1];
	struct group *g = NULL;
	size_t len;

	if (provider[0]) {
		len = make_name(name, path, provider);
		HASH_FIND(hh, self.groups, name, len, g);
	} else if (s->group && !s->group->provider) {
		g = s->group;
	}
	return g ? g : new_group(path, provider);
}

/* The group of the site that this destination is one of, with the limits of
 * the policy in force. */
void
group_join(struct site *s, const struct dest *d, const char *provider)
{
	const struct policy_where w = { .domain = d->name,
		.len = d->len,
		.route = path_at(d->path)->route,
		.provider = provider };
	struct policy_limits p;
	struct group *g;

	if (s->group && s->generation == self.policy.generation)
		return;
	memset(&p, 0, sizeof p);
	policy_limits(&self.policy, &w, &p);
	if (p.recipients > REMOTE_RCPTMAX)
		p.recipients = REMOTE_RCPTMAX;
	g = find(s, d->path, provider);
	move(s, g);
	if (g->generation != self.policy.generation || !g->limits)
		take_limits(g, &p);
}

/* A connection came free. */
void
group_room(struct group *g)
{
	struct level *v;

	for (v = g->levels; v; v = v->next)
		if (level_feed(v))
			group_todo(g);
}

/* Something that several wait for may be there now. */
void
group_again(struct group *g)
{
	struct level *v;

	for (v = g->levels; v; v = v->next)
		while (level_feed(v))
			;
	group_todo(g);
}

/* Its limits are others. */
void
group_feed(struct group *g)
{
	struct site *s;

	TAILQ_FOREACH (s, &g->sites, link)
		site_todo(s);
	group_again(g);
}

void
group_todo(struct group *g)
{
	if (!g->istodo)
		TAILQ_INSERT_TAIL(&self.grouptodo, g, todo);
	g->istodo = 1;
}
