#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "cmd/dray-smtpd/net.h"

void
net_of(struct net_addr *a, const struct sockaddr_storage *sa)
{
	struct sockaddr_in6 in6;
	struct sockaddr_in in;

	memset(a, 0, sizeof *a);
	a->family = 4;
	if (sa->ss_family == AF_INET) {
		memcpy(&in, sa, sizeof in);
		memcpy(a->ip, &in.sin_addr, 4);
		a->port = ntohs(in.sin_port);
		return;
	}
	if (sa->ss_family != AF_INET6)
		return;
	memcpy(&in6, sa, sizeof in6);
	a->port = ntohs(in6.sin6_port);
	if (IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr)) {
		memcpy(a->ip, in6.sin6_addr.s6_addr + 12, 4);
		return;
	}
	a->family = 6;
	memcpy(a->ip, &in6.sin6_addr, 16);
}

void
net_fmt(char *d, const struct net_addr *a)
{
	char text[INET6_ADDRSTRLEN] = "?";

	inet_ntop(
	    a->family == 6 ? AF_INET6 : AF_INET, a->ip, text, sizeof text);
	snprintf(d, NET_FMTMAX, "%s%s", a->family == 6 ? "IPv6:" : "", text);
}

static int
is_in(const struct policy_net *t, const struct net_addr *a)
{
	unsigned int whole = t->bits / 8, rest = t->bits % 8;

	if (t->family != a->family || memcmp(t->ip, a->ip, whole) != 0)
		return 0;
	return !rest || (a->ip[whole] ^ t->ip[whole]) >> (8 - rest) == 0;
}

int
net_in(const struct policy_net *t, unsigned int n, const struct net_addr *a)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		if (is_in(&t[i], a))
			return 1;
	return 0;
}

int
net_loopback(const struct net_addr *a)
{
	static const struct policy_net loopback[] = {
		{ .family = 4, .bits = 8, .ip = { 127 } },
		{ .family = 6, .bits = 128, .ip = { [15] = 1 } },
	};

	return net_in(loopback, 2, a);
}

int
net_trusted(const struct policy_listener *l, const struct net_addr *a)
{
	return l->ntrust ? net_in(l->trust, l->ntrust, a) : net_loopback(a);
}
