#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <sodium.h>

#include "cmd/dray-tune/owner.h"
#include "cmd/dray-tune/tally.h"
#include "cmd/dray-tune/tune.h"
#include "common/mem.h"

#define MARKS (1u << 8 * TOKEN_OWNER)

struct owner {
	UT_hash_handle hh;
	TAILQ_ENTRY(owner) link; /* the newest in front */
	LIST_ENTRY(owner) same; /* of this mark */
	uint64_t from, to; /* when its mail was injected; seconds */
	unsigned char list[TOKEN_CAMPAIGN]; /* what its campaign is as a list */
	unsigned int len;
	char key[]; /* as tally_key() makes it, stream, tenant and campaign */
};

TAILQ_HEAD(owners, owner);
LIST_HEAD(marked, owner);

static struct owner *byname;
static struct owners all = TAILQ_HEAD_INITIALIZER(all);
static struct marked marked[MARKS];

static void
drop(struct owner *o)
{
	HASH_DEL(byname, o);
	TAILQ_REMOVE(&all, o, link);
	LIST_REMOVE(o, same);
	free(o);
}

static unsigned int
mark(const unsigned char d[TOKEN_OWNER])
{
	return (unsigned int)d[0] << 8 | d[1];
}

static const char *
name(const struct owner *o, int i)
{
	const char *s = o->key + 1;

	while (i--)
		s += strlen(s) + 1;
	return s;
}

static struct owner *new (const char *key, size_t len, uint64_t when)
{
	unsigned char d[TOKEN_OWNER];
	struct owner *o;
	const char *s;

	if (HASH_COUNT(byname) >= OWNER_MAX)
		drop(TAILQ_LAST(&all, owners));
	o = mem_alloc(sizeof *o + len);
	memcpy(o->key, key, len);
	o->len = (unsigned int)len;
	o->from = o->to = when;
	s = name(o, 2);
	token_campaign(&self.keys, s, strlen(s), o->list);
	token_owner(&self.keys, key + 1, len - 1, d);
	HASH_ADD(hh, byname, key, o->len, o);
	TAILQ_INSERT_HEAD(&all, o, link);
	LIST_INSERT_HEAD(&marked[mark(d)], o, same);
	return o;
}

static struct owner *
get(const char *key, size_t len, uint64_t when)
{
	struct owner *o = TAILQ_FIRST(&all);

	if (o && o->len == len && memcmp(o->key, key, len) == 0)
		return o;
	HASH_FIND(hh, byname, key, len, o);
	if (!o)
		return new (key, len, when);
	TAILQ_REMOVE(&all, o, link);
	TAILQ_INSERT_HEAD(&all, o, link);
	return o;
}

void
owner_learn(const struct logevent *e)
{
	const char *names[] = { e->s[LOGEVENT_STREAM], e->s[LOGEVENT_TENANT],
		e->s[LOGEVENT_CAMPAIGN] };
	uint64_t when = stamp_ms(e->s[LOGEVENT_CREATED]) / 1000;
	char key[TALLY_KEYMAX];
	struct owner *o;
	size_t len;

	if (self.keys.first == -1 || !when || !*names[0])
		return;
	len = tally_key(key, 'o', names, 3);
	if (!len)
		return;
	o = get(key, len, when);
	if (when < o->from)
		o->from = when;
	if (when > o->to)
		o->to = when;
}

static int
unhex(const char *s, unsigned char *d, size_t n)
{
	size_t len;

	return sodium_hex2bin(d, n, s, strlen(s), NULL, &len, NULL) == 0 &&
	    len == n;
}

/* How much speaks for it. */
static int
score(const struct owner *o, const struct logevent *e)
{
	uint64_t when = stamp_ms(e->s[LOGEVENT_CREATED]) / 1000;
	unsigned char list[TOKEN_CAMPAIGN];
	int n = 1;

	if (when >= o->from && when <= o->to)
		n++;
	if (unhex(e->s[LOGEVENT_LIST_HASH], list, sizeof list) &&
	    memcmp(list, o->list, sizeof list) == 0)
		n += 2;
	return n;
}

static const struct owner *
find(const struct logevent *e)
{
	const struct owner *o, *best = NULL;
	unsigned char d[TOKEN_OWNER];
	int n, most = 0;

	if (!unhex(e->s[LOGEVENT_OWNER_HASH], d, sizeof d))
		return NULL;
	LIST_FOREACH (o, &marked[mark(d)], same) {
		n = score(o, e);
		if (n == most)
			best = NULL;
		if (n > most) {
			most = n;
			best = o;
		}
	}
	return best;
}

void
owner_tell(struct logevent *e)
{
	const struct owner *o = find(e);

	if (!o)
		return;
	e->s[LOGEVENT_STREAM] = name(o, 0);
	e->s[LOGEVENT_TENANT] = name(o, 1);
	e->s[LOGEVENT_CAMPAIGN] = name(o, 2);
}

/* "owner FROM TO names", with a tab behind each name.  The oldest first, so that
 * the order comes back. */
void
owner_save(stralloc *sa)
{
	const struct owner *o;
	unsigned int i;
	char b[64];

	TAILQ_FOREACH_REVERSE(o, &all, owners, link)
	{
		snprintf(b, sizeof b, "owner %" PRIu64 " %" PRIu64 " ", o->from,
		    o->to);
		mem_check(stralloc_cats(sa, b));
		for (i = 1; i < o->len; i++)
			mem_check(
			    stralloc_append(sa, o->key[i] ? o->key[i] : '\t'));
		mem_check(stralloc_append(sa, '\n'));
	}
}

/* Without keys they are forgotten. */
int
owner_load(const char *line)
{
	uint64_t from, to;
	char key[TALLY_KEYMAX] = "o";
	unsigned int names = 0;
	size_t i, len;
	int n = 0;

	if (sscanf(line, "owner %" SCNu64 " %" SCNu64 "%n", &from, &to, &n) !=
		2 ||
	    line[n] != ' ')
		return -1;
	line += n + 1;
	len = strlen(line);
	if (!len || len >= sizeof key || line[len - 1] != '\t')
		return -1;
	for (i = 0; i < len; i++) {
		key[1 + i] = (char)(line[i] == '\t' ? '\0' : line[i]);
		names += line[i] == '\t';
	}
	if (names != 3)
		return -1;
	if (self.keys.first != -1)
		get(key, len + 1, from)->to = to;
	return 0;
}
