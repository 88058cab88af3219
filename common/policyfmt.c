#include <errno.h>
#include <string.h>

#include "common/policyfmt.h"

void
policyfmt_pack_head(struct policyfmt_buf *d, const struct policyfmt_head *s)
{
	policyfmt_put_number(d, POLICYFMT_MAGIC, 8);
	policyfmt_put_number(d, s->version, 8);
	policyfmt_put_number(d, s->generation, 8);
}

int
policyfmt_unpack_head(const void *p, size_t n, struct policyfmt_head *s_r)
{
	struct policyfmt_cursor c = { p, n, 0 };

	policyfmt_get_range(&c, 8, POLICYFMT_MAGIC, POLICYFMT_MAGIC);
	s_r->version = policyfmt_get_number(&c, 8);
	s_r->generation = policyfmt_get_number(&c, 8);
	return policyfmt_get_end(&c);
}

void
policyfmt_pack_node(struct policyfmt_buf *d, const struct policy_node *s)
{
	policyfmt_put_string(d, s->hostname);
	policyfmt_put_string(d, s->domain);
	policyfmt_put_string(d, s->postmaster);
}

int
policyfmt_unpack_node(const void *p, size_t n, struct policy_node *s_r)
{
	struct policyfmt_cursor c = { p, n, 0 };

	policyfmt_get_string(&c, s_r->hostname, sizeof s_r->hostname);
	policyfmt_get_string(&c, s_r->domain, sizeof s_r->domain);
	policyfmt_get_string(&c, s_r->postmaster, sizeof s_r->postmaster);
	if (!*s_r->hostname || !*s_r->domain || !*s_r->postmaster)
		c.bad = 1;
	return policyfmt_get_end(&c);
}

void
policyfmt_pack_queue(struct policyfmt_buf *d, const struct policy_queue *s)
{
	policyfmt_put_group(d, &policykey_queue, s);
}

int
policyfmt_unpack_queue(const void *p, size_t n, struct policy_queue *s_r)
{
	struct policyfmt_cursor c = { p, n, 0 };

	memset(s_r, 0, sizeof *s_r);
	policyfmt_get_group(&c, &policykey_queue, s_r);
	return policyfmt_get_end(&c);
}

static void
put_retry(struct policyfmt_buf *d, const struct policy_retry *s)
{
	unsigned int i;

	policyfmt_put_number(d, s->n, 8);
	policyfmt_put_number(d, s->then, 8);
	for (i = 0; i < s->n; i++)
		policyfmt_put_number(d, s->after[i], 8);
}

/* With least 0 there may be none. */
static void
get_retry(struct policyfmt_cursor *c, uint64_t least, struct policy_retry *s)
{
	unsigned int i;

	s->n = policyfmt_get_range(c, 8, 0, POLICY_RETRYMAX);
	s->then = policyfmt_get_range(c, 8, least, POLICYFMT_RETRY_MAX);
	for (i = 0; i < s->n; i++)
		s->after[i] = policyfmt_get_range(
		    c, 8, POLICYFMT_RETRY_MIN, POLICYFMT_RETRY_MAX);
	if (!s->then && s->n)
		c->bad = 1;
}

void
policyfmt_pack_retry(struct policyfmt_buf *d, const struct policy_retry *s)
{
	put_retry(d, s);
}

int
policyfmt_unpack_retry(const void *p, size_t n, struct policy_retry *s_r)
{
	struct policyfmt_cursor c = { p, n, 0 };

	memset(s_r, 0, sizeof *s_r);
	get_retry(&c, POLICYFMT_RETRY_MIN, s_r);
	return policyfmt_get_end(&c);
}

/* Its name, its numbers and its schedule, whose count and then are numbers. */
#define STREAM_MOST                                       \
	(2 + POLICY_STREAMNAME + 8 * POLICYKEY_STREAM_N + \
	    8 * (2 + POLICY_RETRYMAX))
_Static_assert(1 + POLICY_STREAMMAX * STREAM_MOST <=
	sizeof(((struct policyfmt_buf *)0)->s),
    "room for all streams");

void
policyfmt_pack_streams(
    struct policyfmt_buf *d, const struct policy_stream *s, unsigned int n)
{
	unsigned int i;

	policyfmt_put_number(d, n, 1);
	for (i = 0; i < n; i++) {
		policyfmt_put_string(d, s[i].name);
		policyfmt_put_group(d, &policykey_stream, &s[i]);
		put_retry(d, &s[i].retry);
	}
}

int
policyfmt_unpack_streams(
    const void *p, size_t n, struct policy_stream s_r[POLICY_STREAMMAX])
{
	struct policyfmt_cursor c = { p, n, 0 };
	unsigned int i, count = policyfmt_get_range(&c, 1, 1, POLICY_STREAMMAX);

	memset(s_r, 0, POLICY_STREAMMAX * sizeof *s_r);
	for (i = 0; i < count; i++) {
		policyfmt_get_string(&c, s_r[i].name, sizeof s_r[i].name);
		policyfmt_get_group(&c, &policykey_stream, &s_r[i]);
		get_retry(&c, 0, &s_r[i].retry);
		if (!*s_r[i].name ||
		    (i && s_r[i].priority < s_r[i - 1].priority))
			c.bad = 1;
	}
	return policyfmt_get_end(&c) == -1 ? -1 : (int)count;
}

void
policyfmt_pack_notices(struct policyfmt_buf *d, const struct policy_notices *s)
{
	policyfmt_put_group(d, &policykey_notices, s);
	policyfmt_put_string(d, s->from_name);
	policyfmt_put_string(d, s->from);
}

int
policyfmt_unpack_notices(const void *p, size_t n, struct policy_notices *s_r)
{
	struct policyfmt_cursor c = { p, n, 0 };

	memset(s_r, 0, sizeof *s_r);
	policyfmt_get_group(&c, &policykey_notices, s_r);
	policyfmt_get_text(&c, s_r->from_name, sizeof s_r->from_name);
	policyfmt_get_string(&c, s_r->from, sizeof s_r->from);
	if (!*s_r->from || strpbrk(s_r->from_name, "\"\\<>"))
		c.bad = 1;
	return policyfmt_get_end(&c);
}

void
policyfmt_pack_dns(struct policyfmt_buf *d, const struct policy_dns *s)
{
	policyfmt_put_group(d, &policykey_dns, s);
	policyfmt_put_string(d, s->forwarders);
	policyfmt_put_string(d, s->stubs);
	policyfmt_put_string(d, s->insecure);
	policyfmt_put_string(d, s->anchors);
}

int
policyfmt_unpack_dns(const void *p, size_t n, struct policy_dns *s_r)
{
	struct policyfmt_cursor c = { p, n, 0 };

	memset(s_r, 0, sizeof *s_r);
	policyfmt_get_group(&c, &policykey_dns, s_r);
	policyfmt_get_text(&c, s_r->forwarders, sizeof s_r->forwarders);
	policyfmt_get_text(&c, s_r->stubs, sizeof s_r->stubs);
	policyfmt_get_text(&c, s_r->insecure, sizeof s_r->insecure);
	policyfmt_get_text(&c, s_r->anchors, sizeof s_r->anchors);
	return policyfmt_get_end(&c);
}
