#include <string.h>

#include "cmd/dray-queued/queued.h"

/* A message without a name for it is of none, until rules say otherwise. */
static const struct policy_stream *
find(const struct queued *q, const char *s, size_t len)
{
	unsigned int i;

	for (i = 0; i < q->nstream; i++)
		if (strlen(q->stream[i].name) == len &&
		    !memcmp(q->stream[i].name, s, len))
			return &q->stream[i];
	return NULL;
}

int
stream_ok(const struct queued *q, const char *s, size_t len)
{
	return len == 0 || find(q, s, len) != NULL;
}

/* The message's own, which it has no longer than others may live, else its
 * stream's, else that of all. */
static uint32_t
lifetime(const struct queued *q, const struct policy_stream *st, uint64_t own)
{
	uint32_t usual = q->limit.lifetime, most = usual;

	if (st && st->lifetime)
		usual = st->lifetime;
	if (most < usual)
		most = usual;
	return own == 0 ? usual : own < most ? (uint32_t)own : most;
}

void
stream_settle(struct message *g)
{
	const struct queued *q = g->client->q;
	const struct policy_stream *st;
	size_t len;
	const char *s = bundlemake_get(&g->m, BUNDLEMAKE_STREAM, &len);

	st = find(q, s, len);
	g->m.meta.expiry = lifetime(q, st, g->m.meta.expiry);
}
