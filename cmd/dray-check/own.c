#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <skalibs/strerr.h>

#include "cmd/dray-check/own.h"
#include "common/addr.h"
#include "common/idn.h"
#include "common/mem.h"
#include "common/privateip.h"

struct owns owns;

static struct own *
add(void)
{
	if (owns.n == owns.room) {
		owns.room = owns.room ? owns.room * 2 : 64;
		owns.v = mem_grow(owns.v, owns.room, sizeof *owns.v);
	}
	memset(&owns.v[owns.n], 0, sizeof *owns.v);
	return &owns.v[owns.n++];
}

static void
add_ip(unsigned int family, const uint8_t *ip)
{
	struct own *o = add();

	o->family = (uint8_t)family;
	memcpy(o->ip, ip, family == 4 ? 4 : 16);
	inet_ntop(
	    family == 4 ? AF_INET : AF_INET6, o->ip, o->name, sizeof o->name);
}

static void
take(void *ctx, const struct policy_ip *ip, const char *domain)
{
	(void)ctx;
	if (owns.n >= 2 * OWN_MAX)
		return;
	if (domain)
		snprintf(add()->name, POLICY_NAMEMAX + 1, "%s", domain);
	else if (!privateip(ip->family, ip->ip))
		add_ip(ip->family, ip->ip);
}

void
own_policy(const struct policy *p)
{
	if (policy_own(p, take, NULL) == -1)
		strerr_dief(111, "the policy is malformed");
}

int
own_word(const char *s)
{
	char d[ADDR_DOMAINMAX];
	uint8_t ip[16];
	size_t n;

	if (inet_pton(AF_INET, s, ip) == 1) {
		add_ip(4, ip);
	} else if (inet_pton(AF_INET6, s, ip) == 1) {
		add_ip(6, ip);
	} else {
		n = idn_ascii(d, s, strlen(s));
		if (!n || n > POLICY_NAMEMAX)
			return -1;
		memcpy(add()->name, d, n);
	}
	return 0;
}

static int
compare(const void *pa, const void *pb)
{
	const struct own *a = pa, *b = pb;

	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	return strcmp(a->name, b->name);
}

void
own_sort(void)
{
	size_t i, n = 0;

	if (owns.n)
		qsort(owns.v, owns.n, sizeof *owns.v, compare);
	for (i = 0; i < owns.n; i++)
		if (!n || compare(&owns.v[n - 1], &owns.v[i]) != 0)
			owns.v[n++] = owns.v[i];
	if (n > OWN_MAX) {
		strerr_warnw("there are more than 100000 addresses and "
			     "domains: some are passed over");
		n = OWN_MAX;
	}
	owns.n = n;
}
