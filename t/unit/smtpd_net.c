#include <string.h>

#include "cmd/dray-smtpd/net.h"
#include "t/lib/tap.h"

static struct net_addr
addr(const char *s)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct sockaddr_storage sa;
	struct net_addr a;

	memset(&sa, 0, sizeof sa);
	if (inet_pton(AF_INET, s, &in.sin_addr) == 1)
		memcpy(&sa, &in, sizeof in);
	else if (inet_pton(AF_INET6, s, &in6.sin6_addr) == 1)
		memcpy(&sa, &in6, sizeof in6);
	net_of(&a, &sa);
	return a;
}

static int
trusts(const struct policy_listener *l, const char *s)
{
	struct net_addr a = addr(s);

	return net_trusted(l, &a);
}

static const char *
text(const char *s)
{
	static char d[NET_FMTMAX];
	struct net_addr a = addr(s);

	net_fmt(d, &a);
	return d;
}

static void
trust(void)
{
	static struct policy_listener l;

	ok(trusts(&l, "127.0.0.1") && trusts(&l, "127.255.0.1") &&
		trusts(&l, "::1") && trusts(&l, "::ffff:127.0.0.1"),
	    "nothing said: loopback");
	ok(!trusts(&l, "128.0.0.1") && !trusts(&l, "::2") &&
		!trusts(&l, "::ffff:192.0.2.1") && !trusts(&l, "::"),
	    "and nobody else");
	l.ntrust = 3;
	l.trust[0] = (struct policy_net){ 4, 22, { 192, 0, 4 } };
	l.trust[1] = (struct policy_net){ 6, 33, { 0x20, 1, 0xd, 0xb8, 0x80 } };
	l.trust[2] = (struct policy_net){ 4, 32, { 198, 51, 100, 7 } };
	ok(trusts(&l, "192.0.4.0") && trusts(&l, "192.0.7.255") &&
		trusts(&l, "2001:db8:ffff::1") && trusts(&l, "198.51.100.7"),
	    "networks");
	ok(!trusts(&l, "192.0.8.0") && !trusts(&l, "192.0.3.255") &&
		!trusts(&l, "2001:db8:7fff::1") &&
		!trusts(&l, "198.51.100.6") && !trusts(&l, "127.0.0.1"),
	    "and nothing else");
}

int
main(void)
{
	is_str(text("192.0.2.1"), "192.0.2.1", "IPv4");
	is_str(text("2001:db8::1"), "IPv6:2001:db8::1", "IPv6");
	is_str(text("::ffff:192.0.2.1"), "192.0.2.1", "IPv4 in IPv6");
	trust();
	return done_testing();
}
