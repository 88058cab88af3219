/*
 * send_dns - what dray-dns answers to dray-send, and the servers that are
 * chosen by it.  First octet: the families that the policy wants, whether it
 * wants private addresses, and whether the rest is a destination in brackets
 * instead of an answer.
 *
 * Servers come by preference, each of them out of the answer, none that the
 * policy does not want, and none from this node's own preference on.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cmd/dray-send/mx.h"
#include "t/fuzz/fuzz.h"

#define HOSTNAME "mx.example"
#define FAMILIES 3u
#define PRIVATE 4u
#define LITERAL 8u

static int
is_own(uint8_t family, const uint8_t *ip)
{
	return family == 4 && memcmp(ip, "\300\0\2\1", 4) == 0;
}

/* The entry of the answer that has this address of this host. */
static const struct mx_addr *
find(const struct mx *m, const struct policy_addr *p, uint32_t from)
{
	const struct mx_addr *a;
	unsigned int i;

	for (i = 0; i < m->n; i++) {
		a = &m->addr[i];
		if (a->preference >= from && a->family == p->family &&
		    memcmp(a->ip, p->ip, sizeof a->ip) == 0 &&
		    strcmp(m->names + a->host, p->host) == 0)
			return a;
	}
	return NULL;
}

static uint32_t
own_preference(const struct mx *m, int privates)
{
	const struct mx_addr *a;
	unsigned int i;

	for (i = 0; i < m->n; i++) {
		a = &m->addr[i];
		if (strcasecmp(m->names + a->host, HOSTNAME) == 0 ||
		    (!privates && is_own(a->family, a->ip)))
			return a->preference;
	}
	return UINT32_MAX;
}

static void
check(const struct mx *m, const struct policy_limits *l,
    const struct policy_route *r)
{
	uint32_t last = 0, own = own_preference(m, l->private_addresses);
	const struct mx_addr *a;
	unsigned int i;

	must(r->n <= POLICY_ADDRMAX && r->n <= m->n);
	for (i = 0; i < r->n; i++) {
		a = find(m, &r->addr[i], last);
		must(a && a->preference < own && r->addr[i].port == 25);
		last = a->preference;
		must(l->family != POLICY_IPV4 || a->family == 4);
		must(l->family != POLICY_IPV6 || a->family == 6);
		must(l->private_addresses || a->family == 6 ||
		    (a->ip[0] != 10 && a->ip[0] != 127 && a->ip[0] < 224));
	}
}

static struct mx *
from_text(const uint8_t *s, size_t n)
{
	char name[POLICY_NAMEMAX + 1];

	if (n > POLICY_NAMEMAX - 1)
		n = POLICY_NAMEMAX - 1;
	name[0] = '[';
	memcpy(name + 1, s, n);
	name[n + 1] = '\0';
	return mx_literal(name);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct policy_limits l = { .port = 25 };
	struct mx_choice c = {
		.limits = &l, .hostname = HOSTNAME, .is_own = is_own
	};
	static struct policy_route r;
	const char *why = NULL;
	struct field f;
	struct mx *m;

	if (n == 0)
		return 0;
	l.family = data[0] & FAMILIES;
	l.private_addresses = (data[0] & PRIVATE) != 0;
	memset(&r, 0, sizeof r);
	field_start(&f, data + 1, n - 1);
	m = data[0] & LITERAL ? from_text(data + 1, n - 1) : mx_read(&f, 1000);
	if (!m)
		return 0;
	must(m->verdict <= DNS_TEMP && (m->n || m->verdict != DNS_OK));
	must(strlen(m->text) <= DNS_TEXTMAX && m->until > 1000);
	must(m->refresh <= m->until);
	must(mx_route(m, &c, &r, &why) == r.n && (r.n || why));
	check(m, &l, &r);
	mx_free(m);
	return 0;
}
