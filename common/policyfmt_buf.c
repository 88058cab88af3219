#include <errno.h>
#include <string.h>

#include "common/policyfmt_buf.h"

void
policyfmt_put_octets(struct policyfmt_buf *d, const void *s, size_t n)
{
	memcpy(d->s + d->n, s, n);
	d->n += n;
}

void
policyfmt_put_number(struct policyfmt_buf *d, uint64_t v, int octets)
{
	for (; octets > 0; octets--, v >>= 8)
		d->s[d->n++] = (unsigned char)v;
}

void
policyfmt_put_string(struct policyfmt_buf *d, const char *s)
{
	size_t n = strlen(s);

	policyfmt_put_number(d, n, 2);
	policyfmt_put_octets(d, s, n);
}

void
policyfmt_put_group(
    struct policyfmt_buf *d, const struct policykey_group *g, const void *s)
{
	int i;

	for (i = 0; i < g->n; i++)
		policyfmt_put_number(d, policykey_get(&g->key[i], s), 8);
}

void
policyfmt_put_some(struct policyfmt_buf *d, const struct policykey_group *g,
    uint64_t mask, const void *s)
{
	int i;

	policyfmt_put_number(d, mask, 8);
	for (i = 0; i < g->n; i++)
		if (mask >> i & 1)
			policyfmt_put_number(
			    d, policykey_get(&g->key[i], s), 8);
}

static const unsigned char *
get_octets(struct policyfmt_cursor *c, size_t n)
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

uint64_t
policyfmt_get_number(struct policyfmt_cursor *c, int octets)
{
	const unsigned char *p = get_octets(c, octets);
	uint64_t v = 0;

	while (p && octets-- > 0)
		v = v << 8 | p[octets];
	return v;
}

uint64_t
policyfmt_get_range(
    struct policyfmt_cursor *c, int octets, uint64_t min, uint64_t max)
{
	uint64_t v = policyfmt_get_number(c, octets);

	if (v >= min && v <= max)
		return v;
	c->bad = 1;
	return min;
}

/* Such strings go on the wire and into logs.  Over least: a blank may be in
 * what people read. */
static void
get_over(struct policyfmt_cursor *c, char *s, size_t size, char least)
{
	size_t i, n = policyfmt_get_range(c, 2, 0, size - 1);
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

void
policyfmt_get_string(struct policyfmt_cursor *c, char *s, size_t size)
{
	get_over(c, s, size, ' ');
}

void
policyfmt_get_text(struct policyfmt_cursor *c, char *s, size_t size)
{
	get_over(c, s, size, ' ' - 1);
}

uint8_t
policyfmt_get_family(struct policyfmt_cursor *c, int none)
{
	uint64_t v = policyfmt_get_number(c, 1);

	if (v == 4 || v == 6 || (none && v == 0))
		return (uint8_t)v;
	c->bad = 1;
	return 4;
}

void
policyfmt_get_ip(struct policyfmt_cursor *c, uint8_t *ip)
{
	const unsigned char *p = get_octets(c, 16);

	if (p)
		memcpy(ip, p, 16);
}

static void
get_key(struct policyfmt_cursor *c, const struct policykey *k, void *s)
{
	uint64_t v = policyfmt_get_number(c, 8);

	if (!policykey_ok(k, v)) {
		c->bad = 1;
		v = k->value;
	}
	policykey_set(k, s, v);
}

void
policyfmt_get_group(
    struct policyfmt_cursor *c, const struct policykey_group *g, void *s)
{
	int i;

	for (i = 0; i < g->n; i++)
		get_key(c, &g->key[i], s);
}

uint64_t
policyfmt_get_some(struct policyfmt_cursor *c, const struct policykey_group *g,
    int extra, void *s)
{
	uint64_t mask = policyfmt_get_number(c, 8);
	int i;

	if (mask >> (g->n + extra))
		c->bad = 1;
	for (i = 0; i < g->n; i++)
		if (mask >> i & 1)
			get_key(c, &g->key[i], s);
	return mask;
}

int
policyfmt_get_end(const struct policyfmt_cursor *c)
{
	if (!c->bad && c->n == 0)
		return 0;
	errno = EPROTO;
	return -1;
}
