#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "common/policy_match.h"
#include "common/policyfmt.h"
#include "common/table.h"

#define NET_KEYLEN (3 + 2 + 16) /* "mn:", family, prefix length, address */

/* The name that the record holds; 1, or 0 when there is none. */
static int
take(const struct policy_match *m, const char *how, char *name_r, char *why_r)
{
	if (policyfmt_unpack_name(m->data, m->n, name_r) == -1)
		return 0;
	snprintf(why_r, POLICY_WHYMAX + 1, "%s %s", how, m->pattern);
	return 1;
}

static int
by_domain(const struct policy *p, const struct policy_mx *m, char *name_r,
    char *why_r)
{
	struct policy_match found;

	return policy_match(p, "md", m->domain, m->len, 0, &found) == 1 &&
	    take(&found, "domain", name_r, why_r);
}

static int
by_host(const struct policy *p, const char *host, char *name_r, char *why_r)
{
	struct policy_match found;

	return policy_match(p, "mh", host, strlen(host), 0, &found) == 1 &&
	    take(&found, "mx", name_r, why_r);
}

/* All hosts at one provider: else nobody can say whose limits these are. */
static int
by_hosts(const struct policy *p, const struct policy_mx *m, char *name_r,
    char *why_r)
{
	char other[POLICY_LABELMAX + 1], unused[POLICY_WHYMAX + 1];
	unsigned int i;

	if (!m->nhost || !by_host(p, m->host[0], name_r, why_r))
		return 0;
	for (i = 1; i < m->nhost; i++)
		if (!by_host(p, m->host[i], other, unused) ||
		    strcmp(other, name_r) != 0)
			return 0;
	return 1;
}

/* The first bits of an address, and zeroes. */
static void
mask(uint8_t *d, const uint8_t *ip, unsigned int bits)
{
	unsigned int whole = bits / 8;

	memset(d, 0, 16);
	memcpy(d, ip, whole);
	if (bits % 8)
		d[whole] = (uint8_t)(ip[whole] & (0xff00 >> bits % 8));
}

/* In one network of those with prefixes so long. */
static int
in_network(const struct policy *p, const struct policy_ip *a, unsigned int bits,
    char *name_r, char *why_r)
{
	char key[NET_KEYLEN] = "mn:", text[INET6_ADDRSTRLEN] = "";
	uint8_t ip[16];

	mask(ip, a->ip, bits);
	key[3] = (char)a->family;
	key[4] = (char)bits;
	memcpy(key + 5, ip, sizeof ip);
	if (policy_name(p, key, sizeof key, name_r) != 1)
		return 0;
	inet_ntop(a->family == 6 ? AF_INET6 : AF_INET, ip, text, sizeof text);
	snprintf(why_r, POLICY_WHYMAX + 1, "network %s/%u", text, bits);
	return 1;
}

static int
by_address(const struct policy *p, const struct policy_ip *a,
    const uint8_t *lengths, size_t n, char *name_r, char *why_r)
{
	size_t i;

	for (i = 0; i + 1 < n; i += 2)
		if (lengths[i] == a->family &&
		    lengths[i + 1] <= (a->family == 6 ? 128 : 32) &&
		    in_network(p, a, lengths[i + 1], name_r, why_r))
			return 1;
	return 0;
}

static int
by_addresses(const struct policy *p, const struct policy_mx *m, char *name_r,
    char *why_r)
{
	char other[POLICY_LABELMAX + 1], unused[POLICY_WHYMAX + 1];
	const void *lengths;
	unsigned int i;
	size_t n;

	if (!m->naddr || table_find(p->table, "mn", 2, &lengths, &n) != 1 ||
	    !by_address(p, &m->addr[0], lengths, n, name_r, why_r))
		return 0;
	for (i = 1; i < m->naddr; i++)
		if (!by_address(p, &m->addr[i], lengths, n, other, unused) ||
		    strcmp(other, name_r) != 0)
			return 0;
	return 1;
}

int
policy_provider_why(const struct policy *p, const struct policy_mx *m,
    char name_r[POLICY_LABELMAX + 1], char why_r[POLICY_WHYMAX + 1])
{
	if (by_domain(p, m, name_r, why_r) || by_hosts(p, m, name_r, why_r) ||
	    by_addresses(p, m, name_r, why_r))
		return 1;
	name_r[0] = why_r[0] = '\0';
	return 0;
}

int
policy_provider(const struct policy *p, const struct policy_mx *m,
    char name_r[POLICY_LABELMAX + 1])
{
	char why[POLICY_WHYMAX + 1];

	return policy_provider_why(p, m, name_r, why);
}

int
policy_provider_named(
    const struct policy *p, const char *name, char name_r[POLICY_LABELMAX + 1])
{
	char key[POLICY_KEYMAX];
	size_t n = policy_key(key, "p", name);

	if (n && policy_name(p, key, n, name_r) == 1)
		return 1;
	name_r[0] = '\0';
	return 0;
}
