#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "cmd/dray-auth/brake.h"
#include "cmd/dray-auth/cache.h"
#include "cmd/dray-auth/check.h"
#include "cmd/dray-auth/users.h"
#include "cmd/dray-auth/worker.h"
#include "common/authproto.h"
#include "common/mem.h"

/* Somebody who waits for the end of a trial. */
struct check_waiter {
	LIST_ENTRY(check_waiter) in_client;
	LIST_ENTRY(check_waiter) in_trial;
	struct client *c; /* NULL: gone */
	uint32_t id;
	struct auth_net net;
};

struct trial {
	struct worker_job job; /* first: one is the other */
	TAILQ_ENTRY(trial) link;
	unsigned char key[CACHE_KEYLEN];
	char user[ACCOUNT_NAMEMAX];
	size_t ulen;
	struct auth_net net; /* of the first who asked */
	struct check_waiters waiters;
};

static TAILQ_HEAD(, trial) trials = TAILQ_HEAD_INITIALIZER(trials);
static unsigned int ntrial;
static struct ev_loop *theloop;

static double
now(void)
{
	return ev_now(theloop);
}

static struct trial *
find(const unsigned char *key)
{
	struct trial *t;

	TAILQ_FOREACH (t, &trials, link)
		if (memcmp(t->key, key, CACHE_KEYLEN) == 0)
			break;
	return t;
}

static int
has_room(const char *user, size_t ulen, const struct auth_net *net)
{
	unsigned int ofuser = 0, ofnet = 0;
	const struct trial *t;

	TAILQ_FOREACH (t, &trials, link) {
		ofuser += t->ulen == ulen && !memcmp(t->user, user, ulen);
		ofnet += !memcmp(&t->net, net, sizeof *net);
	}
	return ntrial < CHECK_MAX && ofuser < CHECK_USER && ofnet < CHECK_NET;
}

static void
join(struct trial *t, struct client *c, uint32_t id, const struct auth_net *net)
{
	struct check_waiter *w = mem_alloc(sizeof *w);

	w->c = c;
	w->id = id;
	w->net = *net;
	LIST_INSERT_HEAD(check_list(c), w, in_client);
	LIST_INSERT_HEAD(&t->waiters, w, in_trial);
}

/* One for each network that had it tried, and one for the user. */
static void
blame(const struct trial *t)
{
	const struct check_waiter *w;
	struct brake b;

	brake_user(&b, t->user, t->ulen);
	brake_wrong(&b, now());
	brake_net(&b, &t->net);
	brake_wrong(&b, now());
	LIST_FOREACH (w, &t->waiters, in_trial) {
		if (!memcmp(&w->net, &t->net, sizeof w->net))
			continue;
		brake_net(&b, &w->net);
		brake_wrong(&b, now());
	}
}

/* The user may be another one now, or none: then the hash is not his. */
static char
verdict(const struct trial *t, struct account *a)
{
	if (!t->job.good)
		return AUTH_WRONG;
	if (!users_find(a, t->user, t->ulen) ||
	    strcmp(a->hash, t->job.hash) != 0)
		return AUTH_BUSY;
	return AUTH_GOOD;
}

static void
on_done(struct worker_job *j)
{
	struct trial *t = (struct trial *)j;
	struct cached *known = cache_add(t->key, j->good, now());
	struct check_waiter *w;
	struct account a;
	char v = verdict(t, &a);

	TAILQ_REMOVE(&trials, t, link);
	ntrial--;
	if (!j->good)
		blame(t);
	while ((w = LIST_FIRST(&t->waiters))) {
		LIST_REMOVE(w, in_trial);
		if (v == AUTH_GOOD)
			cache_learn(known, &w->net);
		if (w->c) {
			LIST_REMOVE(w, in_client);
			check_answer(
			    w->c, w->id, v, v == AUTH_GOOD ? &a : NULL);
		}
		free(w);
	}
	free(t);
}

void
check_start(struct ev_loop *loop, const struct drop *d)
{
	theloop = loop;
	cache_start();
	worker_start(loop, d, on_done);
}

static struct trial *
begin(const unsigned char *key, const struct auth_net *net, const char *user,
    size_t ulen, const char *password, size_t plen, const char *hash)
{
	struct trial *t = mem_alloc(sizeof *t);

	memcpy(t->key, key, CACHE_KEYLEN);
	memcpy(t->user, user, ulen);
	t->ulen = ulen;
	t->net = *net;
	memcpy(t->job.password, password, plen);
	t->job.len = plen;
	memcpy(t->job.hash, hash, strlen(hash) + 1);
	TAILQ_INSERT_TAIL(&trials, t, link);
	ntrial++;
	return t;
}

/*
 * What can be said at once; 0 if it has to be found out.  Who has to wait
 * learns nothing, not even whether a guess was right.  A user's own brake, which
 * strangers can pull, does not stop the password that is known to be good where
 * it has been used before.
 */
static char
at_once(struct cached *known, const struct auth_net *net, const char *user,
    size_t ulen)
{
	struct brake b;

	brake_net(&b, net);
	if (brake_on(&b, now()))
		return AUTH_SLOW;
	if (known && !cache_good(known))
		return AUTH_WRONG;
	if (known && cache_knows(known, net))
		return AUTH_GOOD;
	brake_user(&b, user, ulen);
	if (brake_on(&b, now()))
		return AUTH_SLOW;
	if (!known)
		return 0;
	cache_learn(known, net);
	return AUTH_GOOD;
}

void
check_ask(struct client *c, uint32_t id, const struct auth_net *net,
    const char *user, size_t ulen, const char *password, size_t plen)
{
	unsigned char key[CACHE_KEYLEN];
	struct account a;
	struct trial *t;
	char v;

	memset(&a, 0, sizeof a);
	if (!users_find(&a, user, ulen))
		users_nobody(a.hash);
	if (!account_name_ok(user, ulen) ||
	    !account_password_ok(password, plen) || !a.hash[0]) {
		check_answer(c, id, AUTH_WRONG, NULL);
		return;
	}
	cache_key(key, user, ulen, password, plen, a.hash);
	v = at_once(cache_find(key, now()), net, user, ulen);
	t = v ? NULL : find(key);
	if (!v && !t && !has_room(user, ulen, net))
		v = AUTH_BUSY;
	if (v) {
		check_answer(c, id, v, v == AUTH_GOOD ? &a : NULL);
		return;
	}
	if (!t) {
		t = begin(key, net, user, ulen, password, plen, a.hash);
		join(t, c, id, net);
		worker_give(&t->job);
		return;
	}
	join(t, c, id, net);
}

void
check_forget(struct client *c)
{
	struct check_waiter *w;

	while ((w = LIST_FIRST(check_list(c)))) {
		LIST_REMOVE(w, in_client);
		w->c = NULL;
	}
}
