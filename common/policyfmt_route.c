#include <errno.h>
#include <string.h>

#include "common/policyfmt.h"

void
policyfmt_pack_route(struct policyfmt_buf *d, const struct policy_route *s)
{
	unsigned int i;

	policyfmt_put_string(d, s->helo);
	policyfmt_put_number(d, s->source_family, 1);
	policyfmt_put_octets(d, s->source, sizeof s->source);
	policyfmt_put_string(d, s->provider);
	policyfmt_put_number(d, s->n, 1);
	for (i = 0; i < s->n; i++) {
		policyfmt_put_number(d, s->addr[i].family, 1);
		policyfmt_put_number(d, s->addr[i].port, 8);
		policyfmt_put_octets(d, s->addr[i].ip, sizeof s->addr[i].ip);
		policyfmt_put_string(d, s->addr[i].host);
	}
}

static void
get_addr(struct policyfmt_cursor *c, struct policy_addr *a)
{
	a->family = policyfmt_get_family(c, 0);
	a->port = policyfmt_get_range(c, 8, 1, 65535);
	policyfmt_get_ip(c, a->ip);
	policyfmt_get_string(c, a->host, sizeof a->host);
	if (!*a->host)
		c->bad = 1;
}

int
policyfmt_unpack_route(const void *p, size_t n, struct policy_route *s_r)
{
	struct policyfmt_cursor c = { p, n, 0 };
	unsigned int i;

	memset(s_r, 0, sizeof *s_r);
	policyfmt_get_string(&c, s_r->helo, sizeof s_r->helo);
	s_r->source_family = policyfmt_get_family(&c, 1);
	policyfmt_get_ip(&c, s_r->source);
	policyfmt_get_string(&c, s_r->provider, sizeof s_r->provider);
	s_r->n = policyfmt_get_range(&c, 1, 0, POLICY_ADDRMAX);
	for (i = 0; i < s_r->n; i++)
		get_addr(&c, &s_r->addr[i]);
	return policyfmt_get_end(&c);
}

void
policyfmt_pack_vroute(struct policyfmt_buf *d, const struct policy_vroute *s)
{
	const struct policy_source *a;

	policyfmt_put_number(d, s->n, 1);
	for (a = s->source; a < s->source + s->n; a++) {
		policyfmt_put_number(d, a->family, 1);
		policyfmt_put_octets(d, a->ip, sizeof a->ip);
		policyfmt_put_number(d, a->weight, 4);
		policyfmt_put_string(d, a->helo);
	}
}

int
policyfmt_unpack_vroute(const void *p, size_t n, struct policy_vroute *s_r)
{
	struct policyfmt_cursor c = { p, n, 0 };
	struct policy_source *a;

	memset(s_r, 0, sizeof *s_r);
	s_r->n = policyfmt_get_range(&c, 1, 1, POLICY_SOURCEMAX);
	for (a = s_r->source; a < s_r->source + s_r->n; a++) {
		a->family = policyfmt_get_family(&c, 0);
		policyfmt_get_ip(&c, a->ip);
		a->weight = policyfmt_get_range(&c, 4, 1, POLICYFMT_WEIGHT_MAX);
		policyfmt_get_string(&c, a->helo, sizeof a->helo);
	}
	return policyfmt_get_end(&c);
}

void
policyfmt_pack_warmup(struct policyfmt_buf *d, const struct policy_warmup *s)
{
	unsigned int i;

	policyfmt_put_string(d, s->overflow);
	policyfmt_put_number(d, s->start, 8);
	policyfmt_put_number(d, s->wait, 8);
	policyfmt_put_number(d, s->n, 8);
	for (i = 0; i < s->n; i++)
		policyfmt_put_number(d, s->quota[i], 8);
}

int
policyfmt_unpack_warmup(const void *p, size_t n, struct policy_warmup *s_r)
{
	struct policyfmt_cursor c = { p, n, 0 };
	unsigned int i;

	memset(s_r, 0, sizeof *s_r);
	policyfmt_get_string(&c, s_r->overflow, sizeof s_r->overflow);
	s_r->start = (uint32_t)policyfmt_get_range(&c, 8, 0, UINT32_MAX / 2);
	s_r->wait = (uint32_t)policyfmt_get_range(&c, 8, 0, 86400);
	s_r->n = (unsigned int)policyfmt_get_range(&c, 8, 1, POLICY_WARMDAYS);
	for (i = 0; i < s_r->n; i++)
		s_r->quota[i] = policyfmt_get_range(&c, 8, 0, POLICY_QUOTAMAX);
	return policyfmt_get_end(&c);
}

int
policyfmt_unpack_name(const void *p, size_t n, char s_r[POLICY_LABELMAX + 1])
{
	struct policyfmt_cursor c = { p, n, 0 };

	policyfmt_get_string(&c, s_r, POLICY_LABELMAX + 1);
	if (!*s_r)
		c.bad = 1;
	return policyfmt_get_end(&c);
}
