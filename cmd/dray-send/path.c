#include <arpa/inet.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "cmd/dray-send/path.h"
#include "cmd/dray-send/send.h"
#include "common/mem.h"

#define PATHS_MAX 65535
#define NAME_MAX_ (BUNDLE_NAMEMAX + 1)

static const struct path none;
static struct path **paths; /* by number - 1 */
static size_t npaths;

/* The route of the message that path_begin was told of. */
static struct {
	char route[POLICY_LABELMAX + 1];
	struct policy_vroute v; /* n is 0: no source is given */
	uint16_t number[POLICY_SOURCEMAX];
	uint64_t generation; /* of the policy that v came from */
} now = { .generation = UINT64_MAX };

const struct path *
path_at(uint16_t n)
{
	return n && n <= npaths ? paths[n - 1] : &none;
}

uint8_t
path_name(uint16_t n)
{
	static const struct bundle_str unnamed = { "", 0 };

	return n && n <= npaths ? paths[n - 1]->name
				: names_get(NAMES_ROUTE, &unnamed);
}

static int
same(const struct policy_source *a, const struct policy_source *b)
{
	return a->family == b->family &&
	    memcmp(a->ip, b->ip, sizeof a->ip) == 0;
}

static void
name_source(struct path *p)
{
	p->from[0] = '\0';
	if (p->now.family)
		(void)inet_ntop(p->now.family == 6 ? AF_INET6 : AF_INET,
		    p->now.ip, p->from, sizeof p->from);
}

/* Beyond the most that there can be, the default. */
static uint16_t
number_of(const char *route, const struct policy_source *s)
{
	struct bundle_str name;
	struct path *p;
	size_t i;

	for (i = 0; i < npaths; i++)
		if (strcmp(paths[i]->route, route) == 0 &&
		    same(&paths[i]->source, s))
			return (uint16_t)(i + 1);
	if (npaths == PATHS_MAX)
		return 0;
	p = mem_alloc(sizeof *p);
	memcpy(p->route, route, strlen(route));
	p->source = p->now = *s;
	name_source(p);
	name.s = p->route;
	name.len = strlen(route);
	p->name = names_get(NAMES_ROUTE, &name);
	paths = mem_grow(paths, npaths + 1, sizeof *paths);
	paths[npaths++] = p;
	return (uint16_t)npaths;
}

/* Weighted rendezvous: each source draws a number that depends on the seed and
 * on itself, and the one that is drawn furthest wins; so a source that comes or
 * goes changes nothing for those that have another one.  The key is no secret,
 * and must not change. */
static unsigned int
draw(const struct policy_vroute *v, const void *seed, size_t n)
{
	unsigned char in[crypto_generichash_BYTES_MAX], h[8];
	static const unsigned char key[crypto_shorthash_KEYBYTES];
	double score, best = 0;
	unsigned int i, b = 0;
	uint64_t u;

	(void)crypto_generichash(in, 16, seed, n, NULL, 0);
	for (i = 0; i < v->n; i++) {
		in[16] = v->source[i].family;
		memcpy(in + 17, v->source[i].ip, 16);
		(void)crypto_shorthash(h, in, 33, key);
		memcpy(&u, h, sizeof u);
		score = v->source[i].weight /
		    -log(((double)(u >> 11) + 0.5) / (double)(1ULL << 53));
		if (score > best) {
			best = score;
			b = i;
		}
	}
	return b;
}

/* One that the policy does not know may come with the next policy. */
void
path_take(const char *route)
{
	unsigned int i;

	if (now.generation == self.policy.generation &&
	    strcmp(now.route, route) == 0)
		return;
	now.generation = self.policy.generation;
	memcpy(now.route, route, strlen(route) + 1);
	now.v.n = 0;
	if (route[0] && policy_vroute(&self.policy, route, &now.v) != 1)
		now.v.n = 0;
	for (i = 0; i < now.v.n; i++)
		now.number[i] = number_of(route, &now.v.source[i]);
	if (now.v.n == 0)
		now.number[0] = route[0] ? number_of(route, &none.source) : 0;
}

static int
text(char *d, size_t size, const struct bundle_str *s)
{
	if (s->len >= size || memchr(s->s, '\0', s->len))
		return 0;
	memcpy(d, s->s, s->len);
	d[s->len] = '\0';
	return 1;
}

void
path_begin(const struct bundle_msg *m)
{
	char stream[NAME_MAX_], tenant[NAME_MAX_], sender[BUNDLE_ADDRMAX + 1];
	char name[POLICY_LABELMAX + 1];

	name[0] = '\0';
	if (m->route.len && text(name, sizeof name, &m->route)) {
		path_take(name);
		return;
	}
	if (text(stream, sizeof stream, &m->stream) &&
	    text(tenant, sizeof tenant, &m->tenant) &&
	    text(sender, sizeof sender, &m->sender))
		(void)policy_choose(&self.policy, stream, tenant, sender, name);
	path_take(name);
}

void
path_route(struct bundle_str *s_r)
{
	s_r->s = now.route;
	s_r->len = strlen(s_r->s);
}

uint16_t
path_pick(const void *seed, size_t n)
{
	return now.number[now.v.n > 1 ? draw(&now.v, seed, n) : 0];
}

/* What this path stands for from now on. */
static void
refresh(struct path *p)
{
	struct policy_vroute v;
	unsigned int i;

	if (policy_vroute(&self.policy, p->route, &v) != 1) {
		memset(&p->now, 0, sizeof p->now);
		name_source(p);
		return;
	}
	for (i = 0; i < v.n && !same(&v.source[i], &p->source); i++)
		;
	if (i == v.n)
		i = draw(&v, &p->source, sizeof p->source.ip + 1);
	p->now = v.source[i];
	name_source(p);
}

void
path_policy(void)
{
	size_t i;

	for (i = 0; i < npaths; i++)
		refresh(paths[i]);
}
