#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/dray-queued/queued.h"
#include "common/chars.h"
#include "common/dkim.h"
#include "common/mem.h"
#include "common/origin.h"
#include "common/originscan.h"

_Static_assert(ORIGIN_HASH == DKIM_HASH, "a hash of a body");

struct whose {
	struct originscan scan;
	struct dkim_body body;
};

/* Nobody asks whose mail it is where nothing depends on it.  Messages under way
 * go on as they began. */
void
whose_policy(struct queued *q)
{
	struct policy_signing s;

	q->whose = policy_keys(&q->policy) || policy_senders(&q->policy);
	q->refuses = policy_signing(&q->policy, &s) == 0 &&
	    s.without_key == POLICY_SIGN_REFUSE;
}

/* A program is no message yet, so it has no octets to look at. */
void
whose_start(struct message *g)
{
	if ((!g->client->q->whose && !g->client->q->refuses) ||
	    g->m.meta.flags & BUNDLE_MERGE)
		return;
	g->whose = mem_alloc(sizeof *g->whose);
	originscan_start(&g->whose->scan);
	dkim_body_start(&g->whose->body, 1);
}

size_t
whose_memory(const struct message *g)
{
	return g->whose ? sizeof *g->whose : 0;
}

void
whose_feed(struct message *g, const char *s, size_t n)
{
	struct whose *w = g->whose;
	size_t i;

	if (!w)
		return;
	i = originscan_feed(&w->scan, s, n);
	if (i < n)
		dkim_body_feed(&w->body, s + i, n - i);
}

static void
refuse(struct message *g, const char *from, size_t n)
{
	char text[ADDR_DOMAINMAX + 48];

	if (n)
		snprintf(text, sizeof text, "nobody signs mail From %.*s",
		    (int)n, from);
	else
		snprintf(text, sizeof text,
		    "nobody signs mail without a domain in From");
	message_refuse(g, '5', "5.7.1", text);
}

/* Notices are ours, and must not be lost. */
static void
check(struct message *g, const char *domain, size_t n)
{
	struct policy_signer signers[POLICY_SIGNERS];
	char from[ADDR_DOMAINMAX + 1];

	memcpy(from, domain, n);
	from[n] = '\0';
	if (g->client->q->refuses && !(g->m.meta.flags & BUNDLE_NOTICE) &&
	    policy_signers(&g->client->q->policy, from, signers) == 0)
		refuse(g, domain, n);
}

/* Of what is merged the sender says whose it is. */
static size_t
sender_domain(const struct message *g, char d[ADDR_DOMAINMAX])
{
	size_t len, n;
	const char *s = bundlemake_get(&g->m, BUNDLEMAKE_SENDER, &len);
	const char *at = len ? memrchr(s, '@', len) : NULL;

	n = at ? (size_t)(s + len - (at + 1)) : 0;
	if (!n || n > ADDR_DOMAINMAX || !chars_name(at + 1, n))
		return 0;
	addr_lower(d, at + 1, n);
	return n;
}

static void
note(struct message *g, const struct origin *o)
{
	stralloc sa = STRALLOC_ZERO;

	origin_put(&sa, o);
	bundlemake_set(&g->m, BUNDLEMAKE_BODYHASH, sa.s, sa.len);
	stralloc_free(&sa);
	check(g, o->from, o->from_len);
}

void
whose_end(struct message *g)
{
	const struct queued *q = g->client->q;
	unsigned char hash[ORIGIN_HASH] = { 0 };
	struct origin o = { .hash = hash };
	struct whose *w = g->whose;
	char from[ADDR_DOMAINMAX];

	o.from = from;
	if (w) {
		o.header = w->scan.header;
		dkim_body_end(&w->body, hash);
		o.from_len = originscan_from(&w->scan, from);
	} else if (g->m.meta.flags & BUNDLE_MERGE && (q->whose || q->refuses)) {
		o.from_len = sender_domain(g, from);
	} else {
		return;
	}
	note(g, &o);
	whose_free(g);
}

void
whose_free(struct message *g)
{
	if (g->whose)
		dkim_body_free(&g->whose->body);
	free(g->whose);
	g->whose = NULL;
}
