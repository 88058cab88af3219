#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <time.h>

#include <openssl/ssl.h>

#include "common/mem.h"

#include "session.h"

/* The sessions of one key, the newest last. */
struct entry {
	LIST_ENTRY(entry) chain;
	TAILQ_ENTRY(entry) use;
	struct session_key key;
	char *name;
	unsigned int n;
	SSL_SESSION *s[SESSION_EACH];
};

LIST_HEAD(entry_chain, entry);
TAILQ_HEAD(entries, entry);

struct session_cache {
	struct entries use; /* the one used last comes last */
	unsigned int n;
	struct entry_chain chains[SESSION_CHAINS];
};

struct session_cache *
session_new(void)
{
	struct session_cache *c = mem_alloc(sizeof *c);

	TAILQ_INIT(&c->use);
	return c;
}

static struct entry_chain *
chain(struct session_cache *c, const struct session_key *k)
{
	uint32_t h = k->port * 31u + k->mode;
	const char *p;
	unsigned int i;

	for (i = 0; i < sizeof k->host.addr; i++) {
		h = h * 16777619u ^ k->host.addr[i];
		h = h * 16777619u ^ k->source.addr[i];
	}
	for (p = k->name; *p; p++)
		h = h * 16777619u ^ (unsigned char)*p;
	return &c->chains[(h ^ h >> 15) % SESSION_CHAINS];
}

static struct entry *
find(struct session_cache *c, const struct session_key *k)
{
	struct entry *e;

	for (e = LIST_FIRST(chain(c, k)); e; e = LIST_NEXT(e, chain))
		if (e->key.port == k->port && e->key.mode == k->mode &&
		    ip_equal(&e->key.host, &k->host) &&
		    ip_equal(&e->key.source, &k->source) &&
		    !strcmp(e->name, k->name))
			return e;
	return NULL;
}

static void
drop(struct session_cache *c, struct entry *e)
{
	c->n -= e->n;
	while (e->n)
		SSL_SESSION_free(e->s[--e->n]);
	LIST_REMOVE(e, chain);
	TAILQ_REMOVE(&c->use, e, use);
	free(e->name);
	free(e);
}

static struct entry *
add(struct session_cache *c, const struct session_key *k)
{
	struct entry *e = mem_alloc(sizeof *e);

	e->key = *k;
	e->name = mem_dup(k->name, strlen(k->name));
	e->key.name = e->name;
	LIST_INSERT_HEAD(chain(c, k), e, chain);
	TAILQ_INSERT_TAIL(&c->use, e, use);
	return e;
}

static void
touch(struct session_cache *c, struct entry *e)
{
	TAILQ_REMOVE(&c->use, e, use);
	TAILQ_INSERT_TAIL(&c->use, e, use);
}

static int
is_single(const SSL_SESSION *s)
{
	return SSL_SESSION_get_protocol_version(s) >= TLS1_3_VERSION;
}

static void
drop_oldest(struct session_cache *c, struct entry *e)
{
	SSL_SESSION_free(e->s[0]);
	memmove(e->s, e->s + 1, --e->n * sizeof *e->s);
	c->n--;
}

void
session_put(
    struct session_cache *c, const struct session_key *k, SSL_SESSION *s)
{
	struct entry *e = find(c, k);

	if (!e)
		e = add(c, k);
	touch(c, e);
	/* One that serves again and again needs no others beside it. */
	while (e->n && (e->n == SESSION_EACH || !is_single(s)))
		drop_oldest(c, e);
	e->s[e->n++] = s;
	if (++c->n > SESSION_MAX)
		drop(c, TAILQ_FIRST(&c->use));
}

static int
is_usable(const SSL_SESSION *s)
{
	return SSL_SESSION_is_resumable(s) &&
	    SSL_SESSION_get_time(s) + SSL_SESSION_get_timeout(s) > time(NULL);
}

SSL_SESSION *
session_take(struct session_cache *c, const struct session_key *k)
{
	struct entry *e = find(c, k);
	SSL_SESSION *s = NULL;

	while (e && e->n && !s) {
		s = e->s[--e->n];
		c->n--;
		if (!is_usable(s)) {
			SSL_SESSION_free(s);
			s = NULL;
		}
	}
	if (s && !is_single(s)) {
		(void)SSL_SESSION_up_ref(s);
		e->s[e->n++] = s;
		c->n++;
	}
	if (e && e->n)
		touch(c, e);
	else if (e)
		drop(c, e);
	return s;
}

void
session_forget(struct session_cache *c, const struct session_key *k)
{
	struct entry *e = find(c, k);

	if (e)
		drop(c, e);
}
