#include <string.h>

#include "cmd/dray-queued/queued.h"

/* Messages under way keep the rules that they began with. */
void
stream_policy(struct queued *q)
{
	q->nstream = policy_streams(&q->policy, q->stream);
	streamrule_unref(q->rules);
	q->rules = policy_matches(&q->policy);
	whose_policy(q);
}

/* A name that is no stream may still be one that a rule knows. */
int
stream_ok(const struct queued *q, const char *s, size_t len)
{
	unsigned int i;

	if (len == 0 || policy_stream(q->stream, q->nstream, s, len))
		return 1;
	for (i = 0; i < q->rules->n; i++)
		if (q->rules->rule[i].text[STREAMRULE_CHOSEN].len)
			return 1;
	return 0;
}

static struct streamrule_text
text(const struct message *g, enum bundlemake_field which)
{
	struct streamrule_text t;

	t.s = bundlemake_get(&g->m, which, &t.len);
	return t;
}

/* The message's own, which it has no longer than others may live, else its
 * stream's, else that of all. */
static uint32_t
lifetime(const struct queued *q, const struct policy_stream *st, uint64_t own)
{
	uint32_t usual = q->limit.lifetime, most = usual;

	if (st->lifetime)
		usual = st->lifetime;
	if (most < usual)
		most = usual;
	return own == 0 ? usual : own < most ? (uint32_t)own : most;
}

const struct policy_stream *
stream_settle(struct message *g)
{
	struct client *c = g->client;
	const struct queued *q = c->q;
	const struct policy_stream *st;
	const struct streamrule *r;
	struct streamrule_facts f;

	f.sender = text(g, BUNDLEMAKE_SENDER);
	f.tenant = text(g, BUNDLEMAKE_TENANT);
	f.campaign = text(g, BUNDLEMAKE_CAMPAIGN);
	f.chosen = text(g, BUNDLEMAKE_STREAM);
	f.recipients = (uint32_t)g->m.nrcpt;
	f.uid = c->uid;
	r = streamscan_decide(&c->scan, &f);
	if (r)
		f.chosen = r->text[STREAMRULE_STREAM];
	st = policy_stream(q->stream, q->nstream, f.chosen.s, f.chosen.len);
	if (!st && f.chosen.len && !r)
		return NULL;
	if (!st) /* nothing said, or a rule of a policy that is gone */
		st = policy_stream_usual(q->stream, q->nstream);
	bundlemake_set(&g->m, BUNDLEMAKE_STREAM, st->name, strlen(st->name));
	g->m.meta.expiry = lifetime(q, st, g->m.meta.expiry);
	return st;
}
