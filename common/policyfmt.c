#include <errno.h>
#include <string.h>

#include "common/policyfmt.h"

/* What is left of a record, and whether something did not fit. */
struct cursor {
	const unsigned char *p;
	size_t n;
	int bad;
};

static void
put_octets(struct policyfmt_buf *d, const void *s, size_t n)
{
	memcpy(d->s + d->n, s, n);
	d->n += n;
}

static void
put_number(struct policyfmt_buf *d, uint64_t v, int octets)
{
	for (; octets > 0; octets--, v >>= 8)
		d->s[d->n++] = (unsigned char)v;
}

static void
put_string(struct policyfmt_buf *d, const char *s)
{
	size_t n = strlen(s);

	put_number(d, n, 2);
	put_octets(d, s, n);
}

static void
put_group(
    struct policyfmt_buf *d, const struct policykey_group *g, const void *s)
{
	int i;

	for (i = 0; i < g->n; i++)
		put_number(d, policykey_get(&g->key[i], s), 8);
}

static const unsigned char *
get_octets(struct cursor *c, size_t n)
{
	const unsigned char *p = c->p;

	if (c->bad || n > c->n) {
		c->bad = 1;
		return NULL;
	}
	c->p += n;
	c->n -= n;
	return p;
}

static uint64_t
get_number(struct cursor *c, int octets)
{
	const unsigned char *p = get_octets(c, octets);
	uint64_t v = 0;

	while (p && octets-- > 0)
		v = v << 8 | p[octets];
	return v;
}

static uint64_t
get_range(struct cursor *c, int octets, uint64_t min, uint64_t max)
{
	uint64_t v = get_number(c, octets);

	if (v >= min && v <= max)
		return v;
	c->bad = 1;
	return min;
}

/* Into an array of size octets; such strings go on the wire and into logs.
 * Over least: a blank may be in what people read. */
static void
get_over(struct cursor *c, char *s, size_t size, char least)
{
	size_t i, n = get_range(c, 2, 0, size - 1);
	const unsigned char *p = get_octets(c, n);

	s[0] = '\0';
	if (!p)
		return;
	for (i = 0; i < n; i++)
		if (p[i] <= least || p[i] >= 127)
			c->bad = 1;
	memcpy(s, p, n);
	s[n] = '\0';
}

static void
get_string(struct cursor *c, char *s, size_t size)
{
	get_over(c, s, size, ' ');
}

static void
get_group(struct cursor *c, const struct policykey_group *g, void *s)
{
	const struct policykey *k;
	int i;

	for (i = 0; i < g->n; i++) {
		k = &g->key[i];
		policykey_set(k, s, get_range(c, 8, k->min, k->max));
	}
}

/* The whole record must have been used, no more and no less. */
static int
get_end(const struct cursor *c)
{
	if (!c->bad && c->n == 0)
		return 0;
	errno = EPROTO;
	return -1;
}

void
policyfmt_pack_head(struct policyfmt_buf *d, const struct policyfmt_head *s)
{
	put_number(d, POLICYFMT_MAGIC, 8);
	put_number(d, s->version, 8);
	put_number(d, s->generation, 8);
}

int
policyfmt_unpack_head(const void *p, size_t n, struct policyfmt_head *s_r)
{
	struct cursor c = { p, n, 0 };

	get_range(&c, 8, POLICYFMT_MAGIC, POLICYFMT_MAGIC);
	s_r->version = get_number(&c, 8);
	s_r->generation = get_number(&c, 8);
	return get_end(&c);
}

void
policyfmt_pack_node(struct policyfmt_buf *d, const struct policy_node *s)
{
	put_string(d, s->hostname);
	put_string(d, s->domain);
	put_string(d, s->postmaster);
}

int
policyfmt_unpack_node(const void *p, size_t n, struct policy_node *s_r)
{
	struct cursor c = { p, n, 0 };

	get_string(&c, s_r->hostname, sizeof s_r->hostname);
	get_string(&c, s_r->domain, sizeof s_r->domain);
	get_string(&c, s_r->postmaster, sizeof s_r->postmaster);
	if (!*s_r->hostname || !*s_r->domain || !*s_r->postmaster)
		c.bad = 1;
	return get_end(&c);
}

void
policyfmt_pack_queue(struct policyfmt_buf *d, const struct policy_queue *s)
{
	put_group(d, &policykey_queue, s);
}

int
policyfmt_unpack_queue(const void *p, size_t n, struct policy_queue *s_r)
{
	struct cursor c = { p, n, 0 };

	memset(s_r, 0, sizeof *s_r);
	get_group(&c, &policykey_queue, s_r);
	return get_end(&c);
}

static void
put_retry(struct policyfmt_buf *d, const struct policy_retry *s)
{
	unsigned int i;

	put_number(d, s->n, 8);
	put_number(d, s->then, 8);
	for (i = 0; i < s->n; i++)
		put_number(d, s->after[i], 8);
}

/* With least 0 there may be none. */
static void
get_retry(struct cursor *c, uint64_t least, struct policy_retry *s)
{
	unsigned int i;

	s->n = get_range(c, 8, 0, POLICY_RETRYMAX);
	s->then = get_range(c, 8, least, POLICYFMT_RETRY_MAX);
	for (i = 0; i < s->n; i++)
		s->after[i] =
		    get_range(c, 8, POLICYFMT_RETRY_MIN, POLICYFMT_RETRY_MAX);
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
	struct cursor c = { p, n, 0 };

	memset(s_r, 0, sizeof *s_r);
	get_retry(&c, POLICYFMT_RETRY_MIN, s_r);
	return get_end(&c);
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

	put_number(d, n, 1);
	for (i = 0; i < n; i++) {
		put_string(d, s[i].name);
		put_group(d, &policykey_stream, &s[i]);
		put_retry(d, &s[i].retry);
	}
}

int
policyfmt_unpack_streams(
    const void *p, size_t n, struct policy_stream s_r[POLICY_STREAMMAX])
{
	struct cursor c = { p, n, 0 };
	unsigned int i, count = get_range(&c, 1, 1, POLICY_STREAMMAX);

	memset(s_r, 0, POLICY_STREAMMAX * sizeof *s_r);
	for (i = 0; i < count; i++) {
		get_string(&c, s_r[i].name, sizeof s_r[i].name);
		get_group(&c, &policykey_stream, &s_r[i]);
		get_retry(&c, 0, &s_r[i].retry);
		if (!*s_r[i].name ||
		    (i && s_r[i].priority < s_r[i - 1].priority))
			c.bad = 1;
	}
	return get_end(&c) == -1 ? -1 : (int)count;
}

void
policyfmt_pack_notices(struct policyfmt_buf *d, const struct policy_notices *s)
{
	put_group(d, &policykey_notices, s);
	put_string(d, s->from_name);
	put_string(d, s->from);
}

int
policyfmt_unpack_notices(const void *p, size_t n, struct policy_notices *s_r)
{
	struct cursor c = { p, n, 0 };

	memset(s_r, 0, sizeof *s_r);
	get_group(&c, &policykey_notices, s_r);
	get_over(&c, s_r->from_name, sizeof s_r->from_name, ' ' - 1);
	get_string(&c, s_r->from, sizeof s_r->from);
	if (!*s_r->from || strpbrk(s_r->from_name, "\"\\<>"))
		c.bad = 1;
	return get_end(&c);
}

void
policyfmt_pack_dns(struct policyfmt_buf *d, const struct policy_dns *s)
{
	put_group(d, &policykey_dns, s);
	put_string(d, s->forwarders);
	put_string(d, s->stubs);
	put_string(d, s->insecure);
	put_string(d, s->anchors);
}

int
policyfmt_unpack_dns(const void *p, size_t n, struct policy_dns *s_r)
{
	struct cursor c = { p, n, 0 };

	memset(s_r, 0, sizeof *s_r);
	get_group(&c, &policykey_dns, s_r);
	get_over(&c, s_r->forwarders, sizeof s_r->forwarders, ' ' - 1);
	get_over(&c, s_r->stubs, sizeof s_r->stubs, ' ' - 1);
	get_over(&c, s_r->insecure, sizeof s_r->insecure, ' ' - 1);
	get_over(&c, s_r->anchors, sizeof s_r->anchors, ' ' - 1);
	return get_end(&c);
}

void
policyfmt_pack_limits(struct policyfmt_buf *d, const struct policy_limits *s)
{
	put_group(d, &policykey_limits, s);
}

int
policyfmt_unpack_limits(const void *p, size_t n, struct policy_limits *s_r)
{
	struct cursor c = { p, n, 0 };

	memset(s_r, 0, sizeof *s_r);
	get_group(&c, &policykey_limits, s_r);
	if (s_r->backoff_min > s_r->backoff_max)
		c.bad = 1;
	return get_end(&c);
}

void
policyfmt_pack_route(struct policyfmt_buf *d, const struct policy_route *s)
{
	unsigned int i;

	put_string(d, s->helo);
	put_number(d, s->source_family, 1);
	put_octets(d, s->source, sizeof s->source);
	put_number(d, s->n, 1);
	for (i = 0; i < s->n; i++) {
		put_number(d, s->addr[i].family, 1);
		put_number(d, s->addr[i].port, 8);
		put_octets(d, s->addr[i].ip, sizeof s->addr[i].ip);
		put_string(d, s->addr[i].host);
	}
}

static void
get_ip(struct cursor *c, unsigned char *ip)
{
	const unsigned char *p = get_octets(c, 16);

	if (p)
		memcpy(ip, p, 16);
}

static void
get_addr(struct cursor *c, struct policy_addr *a)
{
	a->family = get_range(c, 1, 4, 6);
	if (a->family == 5)
		c->bad = 1;
	a->port = get_range(c, 8, 1, 65535);
	get_ip(c, a->ip);
	get_string(c, a->host, sizeof a->host);
	if (!*a->host)
		c->bad = 1;
}

int
policyfmt_unpack_route(const void *p, size_t n, struct policy_route *s_r)
{
	struct cursor c = { p, n, 0 };
	unsigned int i;

	memset(s_r, 0, sizeof *s_r);
	get_string(&c, s_r->helo, sizeof s_r->helo);
	s_r->source_family = get_range(&c, 1, 0, 6);
	if (s_r->source_family && (s_r->source_family | 2) != 6)
		c.bad = 1;
	get_ip(&c, s_r->source);
	s_r->n = get_range(&c, 1, 0, POLICY_ADDRMAX);
	for (i = 0; i < s_r->n; i++)
		get_addr(&c, &s_r->addr[i]);
	return get_end(&c);
}
