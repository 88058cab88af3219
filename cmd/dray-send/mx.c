#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <sodium.h>

#include <skalibs/stralloc.h>

#include "cmd/dray-send/mx.h"
#include "common/mem.h"
#include "common/privateip.h"

#define ALL_MAX (DNS_HOSTSMAX * DNS_ADDRSMAX)

static void
read_text(struct mx *m, struct field *r)
{
	size_t n, i;
	const char *s = field_getstr(r, DNS_TEXTMAX, &n);

	for (i = 0; i < n; i++)
		m->text[i] = (char)(s[i] >= 32 && s[i] < 127 ? s[i] : '?');
}

static void
read_ip(struct mx_addr *a, struct field *r)
{
	const char *p;

	a->family = field_getu8(r);
	if (a->family != 4 && a->family != 6) {
		r->bad = 1;
		return;
	}
	p = field_getb(r, a->family == 4 ? 4 : 16);
	if (p)
		memcpy(a->ip, p, a->family == 4 ? 4 : 16);
}

/* It is for logs, and to be compared with a certificate. */
static uint16_t
read_name(stralloc *names, struct field *r)
{
	size_t n, i, at = names->len;
	const char *s = field_getstr(r, POLICY_NAMEMAX, &n);

	if (n == 0)
		r->bad = 1;
	for (i = 0; i < n; i++)
		if (s[i] <= ' ' || s[i] >= 127)
			r->bad = 1;
	mem_check(stralloc_catb(names, s, n) && stralloc_append(names, '\0'));
	return (uint16_t)at;
}

static void
read_host(struct mx *m, stralloc *names, struct field *r)
{
	struct mx_addr a = { 0 };
	unsigned int n;

	a.preference = field_getu16(r);
	a.flags = field_getu8(r);
	a.host = read_name(names, r);
	n = field_getu8(r);
	if (n > DNS_ADDRSMAX)
		r->bad = 1;
	for (; n && !r->bad; n--) {
		read_ip(&a, r);
		m->addr[m->n++] = a;
	}
}

static void
read_hosts(struct mx *m, struct field *r)
{
	unsigned int i, n = field_getu8(r);
	stralloc names = STRALLOC_ZERO;

	if (n > DNS_HOSTSMAX) {
		r->bad = 1;
		return;
	}
	if (n)
		m->addr = mem_array(n * DNS_ADDRSMAX, sizeof *m->addr);
	for (i = 0; i < n && !r->bad; i++)
		read_host(m, &names, r);
	for (i = 1; i < m->n; i++)
		if (m->addr[i].preference < m->addr[i - 1].preference)
			r->bad = 1;
	if (m->n)
		m->addr = mem_grow(m->addr, m->n, sizeof *m->addr);
	if (names.len)
		m->names = mem_dup(names.s, names.len);
	stralloc_free(&names);
}

struct mx *
mx_read(struct field *r, uint32_t now)
{
	struct mx *m = mem_alloc(sizeof *m);
	uint32_t ttl;

	m->verdict = field_getu8(r);
	ttl = field_getu32(r);
	if (ttl == 0)
		ttl = 1;
	if (ttl > DNS_TTLMAX)
		ttl = DNS_TTLMAX;
	m->until = now + ttl;
	m->refresh = m->until - ttl / 10;
	read_text(m, r);
	read_hosts(m, r);
	if (m->verdict > DNS_TEMP || (m->verdict == DNS_OK && m->n == 0))
		r->bad = 1;
	if (!r->bad)
		return m;
	mx_free(m);
	return NULL;
}

/* [192.0.2.1] or [IPv6:2001:db8::1], in lower case. */
static uint8_t
literal(const char *name, uint8_t *ip)
{
	char b[64];
	size_t n = strlen(name);
	int six = strncmp(name, "[ipv6:", 6) == 0;
	size_t skip = six ? 6 : 1;

	if (n < skip + 1 || n - skip > sizeof b || name[n - 1] != ']')
		return 0;
	memcpy(b, name + skip, n - skip - 1);
	b[n - skip - 1] = '\0';
	if (inet_pton(six ? AF_INET6 : AF_INET, b, ip) != 1)
		return 0;
	return six ? 6 : 4;
}

struct mx *
mx_literal(const char *name)
{
	static const char bad[] = "this is not an address";
	struct mx *m = mem_alloc(sizeof *m);
	uint8_t ip[16], family = literal(name, ip);

	m->until = m->refresh = UINT32_MAX;
	if (!family) {
		m->verdict = DNS_NODOMAIN;
		memcpy(m->text, bad, sizeof bad);
		return m;
	}
	m->addr = mem_array(1, sizeof *m->addr);
	m->addr->family = family;
	m->addr->flags = DNS_IMPLICIT;
	memcpy(m->addr->ip, ip, family == 4 ? 4 : 16);
	m->names = mem_dup(name, strlen(name));
	m->n = 1;
	return m;
}

void
mx_free(struct mx *m)
{
	if (!m)
		return;
	free(m->addr);
	free(m->names);
	free(m);
}

/* The preference from which on all would come back here; above it, none. */
static uint32_t
own_preference(
    const struct mx *m, const struct mx_choice *c, const struct policy_route *r)
{
	const struct mx_addr *a;
	const char *name;
	unsigned int i;

	for (i = 0; i < m->n; i++) {
		a = &m->addr[i];
		name = m->names + a->host;
		if (strcasecmp(name, c->hostname) == 0 ||
		    (r->helo[0] && strcasecmp(name, r->helo) == 0))
			return a->preference;
		if (!c->limits->private_addresses &&
		    c->is_own(a->family, a->ip))
			return a->preference;
	}
	return UINT32_MAX;
}

static int
has_family(const struct mx_choice *c, const struct policy_route *r,
    const struct mx_addr *a)
{
	if (r->source_family && r->source_family != a->family)
		return 0;
	if (c->limits->family == POLICY_IPV4)
		return a->family == 4;
	return c->limits->family != POLICY_IPV6 || a->family == 6;
}

/* Those that may be used.  why_r: what the last one lacked. */
static unsigned int
choose(const struct mx *m, const struct mx_choice *c,
    const struct policy_route *r, const struct mx_addr **d, const char **why_r)
{
	uint32_t own = own_preference(m, c, r);
	const struct mx_addr *a;
	unsigned int i, n = 0;

	for (i = 0; i < m->n; i++) {
		a = &m->addr[i];
		if (a->preference >= own)
			*why_r = "mail for this domain comes back to this node";
		else if (!c->limits->private_addresses &&
		    privateip(a->family, a->ip))
			*why_r = "its servers have no public address";
		else if (!has_family(c, r, a))
			*why_r = "its servers have no address of our family";
		else if (c->is_skipped &&
		    c->is_skipped(c->ctx, m->names + a->host, a->family, a->ip))
			*why_r = MX_SKIPPED;
		else
			d[n++] = a;
	}
	return n;
}

/* Keys that are drawn once a server and once an address give an order that is
 * random where nothing else decides. */
struct draw {
	const struct mx_addr *a;
	uint32_t server, self;
	int second; /* of the family that is not the first */
};

static int
by_order(const void *pa, const void *pb)
{
	const struct draw *a = pa, *b = pb;

	if (a->a->preference != b->a->preference)
		return a->a->preference < b->a->preference ? -1 : 1;
	if (a->server != b->server)
		return a->server < b->server ? -1 : 1;
	if (a->a->host != b->a->host)
		return a->a->host < b->a->host ? -1 : 1;
	if (a->second != b->second)
		return a->second - b->second;
	return (a->self > b->self) - (a->self < b->self);
}

static void
draw(struct draw *d, const struct mx_addr *const *a, size_t n,
    const struct mx_choice *c)
{
	int first = c->limits->family == POLICY_IPV6_FIRST ? 6 : 4;
	unsigned int i;

	for (i = 0; i < n; i++) {
		d[i].a = a[i];
		d[i].self = randombytes_random();
		d[i].second = a[i]->family != first;
		d[i].server = i && a[i]->host == a[i - 1]->host
		    ? d[i - 1].server
		    : randombytes_random();
	}
	qsort(d, n, sizeof *d, by_order);
}

unsigned int
mx_route(const struct mx *m, const struct mx_choice *c, struct policy_route *r,
    const char **why_r)
{
	const struct mx_addr *a[ALL_MAX];
	struct draw d[ALL_MAX];
	struct policy_addr *p;
	const char *name;
	unsigned int i, n;

	*why_r = "its servers have no address";
	r->n = 0;
	n = choose(m, c, r, a, why_r);
	if (n == 0)
		return 0;
	draw(d, a, n, c);
	r->n = n < POLICY_ADDRMAX ? n : POLICY_ADDRMAX;
	for (i = 0; i < r->n; i++) {
		p = &r->addr[i];
		memset(p, 0, sizeof *p);
		name = m->names + d[i].a->host;
		memcpy(p->host, name, strlen(name) + 1);
		p->family = d[i].a->family;
		memcpy(p->ip, d[i].a->ip, sizeof p->ip);
		p->port = (uint16_t)c->limits->port;
	}
	return r->n;
}
