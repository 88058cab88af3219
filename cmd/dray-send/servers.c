#include <string.h>

#include <sodium.h>

#include "cmd/dray-send/path.h"
#include "cmd/dray-send/send.h"
#include "cmd/dray-send/steer.h"
#include "common/mem.h"

/*
 * Where the mail of a destination goes: a static route, or the servers that
 * dray-dns found.
 */

static const char damaged[] = "the policy is damaged";

/* 1 the answer of dray-dns is there and names servers.  0: not now; the answer
 * is awaited, or was that there are none. */
static int
known(struct dest *d)
{
	const struct mx *m;

	if (!d->mx && d->name[0] == '[')
		d->mx = mx_literal(d->name);
	m = d->mx;
	if (!m || m->until <= dest_now()) {
		dnslink_ask(d);
		return 0;
	}
	if (m->refresh <= dest_now())
		dnslink_ask(d);
	if (m->verdict == DNS_TEMP || m->verdict == DNS_NOADDR) {
		dest_sleep(d, m->text, strlen(m->text));
		return 0;
	}
	if (m->verdict != DNS_OK) {
		d->isrefused = 1;
		dest_todo(d);
		return 0;
	}
	return 1;
}

/* From the source of its path.  Addresses of a static route that cannot be
 * reached from there are left out; if there are no others the system chooses. */
static void
take_source(const struct dest *d, struct policy_route *r)
{
	const struct policy_source *s = &path_at(d->path)->now;
	unsigned int i, n = 0;

	if (!s->family)
		return;
	r->source_family = s->family;
	memcpy(r->source, s->ip, sizeof r->source);
	if (!r->helo[0])
		memcpy(r->helo, s->helo, sizeof r->helo);
	for (i = 0; i < r->n; i++)
		if (r->addr[i].family == s->family)
			r->addr[n++] = r->addr[i];
	if (n || !r->n)
		r->n = n;
	else
		r->source_family = 0;
}

/* The static route, or an empty one; 0 it cannot be read. */
static int
find_route(struct dest *d, struct policy_route *r)
{
	int found = policy_route(&self.policy, d->name, d->len, r);

	if (found == -1) {
		dest_sleep(d, damaged, sizeof damaged - 1);
		return 0;
	}
	if (found == 0)
		memset(r, 0, sizeof *r);
	if (!r->source_family)
		take_source(d, r);
	return 1;
}

/* Of a static route.  0: nothing is left. */
static int
leave_out(struct dest *d, struct policy_route *r)
{
	unsigned int i, n = 0;

	for (i = 0; i < r->n; i++)
		if (!bend_skips(d->site, r->addr[i].host, r->addr[i].family,
			r->addr[i].ip))
			r->addr[n++] = r->addr[i];
	if (n)
		r->n = n;
	else
		dest_sleep(d, MX_SKIPPED, sizeof MX_SKIPPED - 1);
	return n != 0;
}

/* The static route, or an empty one where the servers are known.  0: not now. */
int
servers_where(struct dest *d, struct policy_route *r)
{
	return find_route(d, r) && (r->n || known(d));
}

/* Where to connect to, from where, with which HELO.  0: not now. */
int
servers_choose(struct dest *d, struct policy_route *r)
{
	const struct mx_choice c = { .limits = d->site->group->limits,
		.hostname = self.node.hostname,
		.is_own = own_address,
		.is_skipped = bend_skips,
		.ctx = d->site };
	const char *why;

	if (!find_route(d, r))
		return 0;
	if (r->n && leave_out(d, r))
		return 1;
	if (r->n || !known(d))
		return 0;
	if (mx_route(d->mx, &c, r, &why))
		return 1;
	dest_sleep(d, why, strlen(why));
	return 0;
}

static void
add(stralloc *sa, const void *s, size_t len)
{
	mem_check(stralloc_catb(sa, s, len));
}

/* What tells sites apart, and is the same after a restart: daily.h. */
void
servers_key(const struct dest *d, const struct policy_route *r,
    unsigned char key[SITE_KEYLEN])
{
	static const unsigned char zero[crypto_generichash_KEYBYTES];
	static stralloc sa;
	const struct path *p = path_at(d->path);
	const struct mx *m = d->mx;
	uint16_t i;

	sa.len = 0;
	add(&sa, p->route, strlen(p->route) + 1);
	add(&sa, &p->source.family, 1);
	add(&sa, p->source.ip, sizeof p->source.ip);
	add(&sa, r->helo, strlen(r->helo) + 1);
	add(&sa, &r->source_family, 1);
	add(&sa, r->source, sizeof r->source);
	if (r->name[0])
		add(&sa, d->name, d->len + 1);
	for (i = 0; i < r->n; i++) {
		add(&sa, r->addr[i].ip, sizeof r->addr[i].ip);
		add(&sa, &r->addr[i].family, sizeof r->addr[i].family);
		add(&sa, &r->addr[i].port, sizeof r->addr[i].port);
		add(&sa, r->addr[i].host, strlen(r->addr[i].host) + 1);
	}
	for (i = 0; !r->n && i < m->n; i++) {
		if (i && m->addr[i].host == m->addr[i - 1].host)
			continue;
		add(&sa, &m->addr[i].preference, sizeof m->addr[i].preference);
		add(&sa, m->names + m->addr[i].host,
		    strlen(m->names + m->addr[i].host) + 1);
	}
	(void)crypto_generichash(
	    key, SITE_KEYLEN, (unsigned char *)sa.s, sa.len, zero, sizeof zero);
}

/* The answer of dray-dns, as the policy looks at it. */
static void
provider_of_mx(const struct mx *m, struct policy_mx *q, char *name)
{
	static const char *host[UINT8_MAX];
	static struct policy_ip addr[UINT8_MAX];
	const struct mx_addr *a;
	uint16_t i;

	q->host = host;
	q->addr = addr;
	for (i = 0; i < m->n; i++) {
		a = &m->addr[i];
		if (q->naddr == UINT8_MAX || q->nhost == UINT8_MAX)
			break;
		if (!i || a->host != m->addr[i - 1].host)
			host[q->nhost++] = m->names + a->host;
		addr[q->naddr].family = a->family;
		memcpy(addr[q->naddr++].ip, a->ip, sizeof a->ip);
	}
	(void)policy_provider(&self.policy, q, name);
}

/* Whose servers they are; name is empty if nobody's whom the policy knows. */
void
servers_provider(const struct dest *d, const struct policy_route *r, char *name)
{
	static struct policy_ip addr[POLICY_ADDRMAX];
	struct policy_mx q = { .domain = d->name, .len = d->len };

	name[0] = '\0';
	if (r->provider[0]) {
		(void)policy_provider_named(&self.policy, r->provider, name);
		return;
	}
	if (!r->n) {
		provider_of_mx(d->mx, &q, name);
		return;
	}
	q.addr = addr;
	for (; q.naddr < r->n; q.naddr++) {
		addr[q.naddr].family = r->addr[q.naddr].family;
		memcpy(addr[q.naddr].ip, r->addr[q.naddr].ip, sizeof addr->ip);
	}
	(void)policy_provider(&self.policy, &q, name);
}
