#include <string.h>

#include "cmd/dray-send/send.h"
#include "cmd/dray-send/stream.h"
#include "common/suppress.h"

#define NUMBERS 256 /* of names.c */

static struct policy_stream streams[POLICY_STREAMMAX];
static unsigned int nstreams;
static uint8_t rank[NUMBERS]; /* plus one; 0: not worked out */

/* The index of the stream with this number. */
static unsigned int
of(uint8_t n)
{
	const struct policy_stream *st = NULL;
	struct bundle_str s;

	if (rank[n])
		return rank[n] - 1u;
	if (names_at(NAMES_STREAM, n, &s))
		st = policy_stream(streams, nstreams, s.s, s.len);
	if (!st)
		st = policy_stream_usual(streams, nstreams);
	rank[n] = (uint8_t)(st - streams + 1);
	return rank[n] - 1u;
}

void
stream_policy(void)
{
	nstreams = policy_streams(&self.policy, streams);
	memset(rank, 0, sizeof rank);
}

int
stream_there(const char *name, size_t len)
{
	return policy_stream(streams, nstreams, name, len) != NULL;
}

/* They come sorted; those of one priority share the rank of the first. */
uint8_t
stream_rank(uint8_t n)
{
	unsigned int i = of(n);

	while (i && streams[i - 1].priority == streams[i].priority)
		i--;
	return (uint8_t)i;
}

unsigned int
stream_kept_lanes(uint8_t n)
{
	unsigned int i, end = stream_rank(n), sum = 0;

	for (i = 0; i < end; i++)
		sum += streams[i].reserved_lanes;
	return sum < 100 ? sum : 99;
}

unsigned int
stream_kept_rate(uint8_t n)
{
	unsigned int i, end = stream_rank(n), sum = 0;

	for (i = 0; i < end; i++)
		sum += streams[i].reserved_rate;
	return sum < 100 ? sum : 99;
}

unsigned int
stream_all_lanes(void)
{
	unsigned int i, sum = 0;

	for (i = 0; i < nstreams; i++)
		sum += streams[i].reserved_lanes;
	return sum < 100 ? sum : 99;
}

int
stream_keeps(uint8_t n)
{
	unsigned int i;

	for (i = stream_rank(n); i < nstreams; i++)
		if (streams[i].reserved_lanes)
			return 1;
	return 0;
}

const struct policy_retry *
stream_retry(uint8_t n)
{
	unsigned int i = of(n);

	return i < nstreams && streams[i].retry.then ? &streams[i].retry
						     : &self.retry;
}

static const struct policy_stream *
named(const struct bundle_str *s)
{
	const struct policy_stream *st =
	    policy_stream(streams, nstreams, s->s, s->len);

	return st ? st : policy_stream_usual(streams, nstreams);
}

unsigned int
stream_suppresses(const struct bundle_str *s)
{
	return suppress_mask(named(s));
}

int
stream_tells(const struct bundle_str *s)
{
	return named(s)->suppressed_notice;
}
