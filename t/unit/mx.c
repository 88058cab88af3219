/* Which servers a connection tries, in which order. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include <skalibs/stralloc.h>

#include "cmd/dray-send/mx.h"
#include "t/lib/tap.h"

#define NOW 1000000u

static stralloc answer = STRALLOC_ZERO;

static void
head(uint8_t verdict, uint32_t ttl, const char *text, uint8_t hosts)
{
	answer.len = 0;
	field_putu8(&answer, verdict);
	field_putu32(&answer, ttl);
	field_putstr(&answer, text, strlen(text));
	field_putu8(&answer, hosts);
}

/* "10 mx.example 192.0.2.1 2001:db8::1" */
static void
host(const char *line)
{
	char b[512], *word, *save, name[256], ips[16][64];
	unsigned char ip[16];
	unsigned int preference, n = 0, i, family;

	strncpy(b, line, sizeof b - 1);
	b[sizeof b - 1] = '\0';
	word = strtok_r(b, " ", &save);
	preference = (unsigned int)strtoul(word, NULL, 10);
	strncpy(name, strtok_r(NULL, " ", &save), sizeof name - 1);
	name[sizeof name - 1] = '\0';
	while (n < 16 && (word = strtok_r(NULL, " ", &save)))
		snprintf(ips[n++], sizeof *ips, "%s", word);
	field_putu16(&answer, (uint16_t)preference);
	field_putu8(&answer, 0);
	field_putstr(&answer, name, strlen(name));
	field_putu8(&answer, (uint8_t)n);
	for (i = 0; i < n; i++) {
		family = strchr(ips[i], ':') ? 6 : 4;
		if (inet_pton(family == 6 ? AF_INET6 : AF_INET, ips[i], ip) !=
		    1)
			printf("Bail out! %s\n", ips[i]);
		field_putu8(&answer, (uint8_t)family);
		stralloc_catb(&answer, (char *)ip, family == 6 ? 16 : 4);
	}
}

static struct mx *
parse(int *whole_r)
{
	struct field r;
	struct mx *m;

	field_start(&r, answer.s, answer.len);
	m = mx_read(&r, NOW);
	*whole_r = field_end(&r);
	return m;
}

static int
own(uint8_t family, const uint8_t *ip)
{
	static const uint8_t us[4] = { 203, 0, 113, 5 };

	return family == 4 && memcmp(ip, us, 4) == 0;
}

/* c.example, and one address. */
static int
skipped(const void *ctx, const char *host, uint8_t family, const uint8_t *ip)
{
	static const uint8_t one[4] = { 192, 0, 2, 1 };

	return ctx &&
	    (strcmp(host, "c.example") == 0 ||
		(family == 4 && memcmp(ip, one, 4) == 0));
}

struct with {
	uint8_t family, private_addresses, source;
	const char *helo;
	int skips;
};

/* What is tried, as "host/address host/address", or why nothing is. */
static const char *
order(const struct mx *m, const struct with *with)
{
	static char out[8192];
	static struct policy_route r;
	struct policy_limits l = { .family = with->family,
		.private_addresses = with->private_addresses,
		.port = 2525 };
	struct mx_choice c = { .limits = &l,
		.hostname = "node.example",
		.is_own = own,
		.is_skipped = skipped,
		.ctx = with->skips ? &l : NULL };
	char ip[INET6_ADDRSTRLEN];
	const char *why;
	unsigned int i;
	size_t n = 0;

	memset(&r, 0, sizeof r);
	r.source_family = with->source;
	if (with->helo)
		strcpy(r.helo, with->helo);
	if (mx_route(m, &c, &r, &why) == 0)
		return why;
	for (i = 0; i < r.n; i++) {
		inet_ntop(r.addr[i].family == 6 ? AF_INET6 : AF_INET,
		    r.addr[i].ip, ip, sizeof ip);
		n += (size_t)snprintf(out + n, sizeof out - n, "%s%s/%s",
		    i ? " " : "", r.addr[i].host, ip);
		if (r.addr[i].port != 2525)
			return "another port";
	}
	return out;
}

static void
test_order(void)
{
	static const struct with v4 = { 0 }, v6 = { 1, 0, 0, NULL, 0 },
				 only4 = { 2, 0, 0, NULL, 0 },
				 only6 = { 3, 0, 0, NULL, 0 },
				 from6 = { 0, 0, 6, NULL, 0 },
				 skips = { .skips = 1 },
				 skips4 = { .family = 2, .skips = 1 };
	int whole;
	struct mx *m;

	head(DNS_OK, 300, "", 3);
	host("10 a.example 2001:db8::a 192.0.2.1");
	host("20 b.example 2001:db8::b");
	host("30 c.example 192.0.2.3");
	m = parse(&whole);
	ok(m && whole, "an answer");
	is_int(m->until, NOW + 300, "its time");
	is_int(m->refresh, NOW + 270, "when it is asked for anew");
	is_str(order(m, &v4),
	    "a.example/192.0.2.1 a.example/2001:db8::a b.example/2001:db8::b "
	    "c.example/192.0.2.3",
	    "preference goes before family; IPv4 first");
	is_str(order(m, &v6),
	    "a.example/2001:db8::a a.example/192.0.2.1 b.example/2001:db8::b "
	    "c.example/192.0.2.3",
	    "IPv6 first");
	is_str(order(m, &only4), "a.example/192.0.2.1 c.example/192.0.2.3",
	    "IPv4 only");
	is_str(order(m, &only6), "a.example/2001:db8::a b.example/2001:db8::b",
	    "IPv6 only");
	is_str(order(m, &from6), "a.example/2001:db8::a b.example/2001:db8::b",
	    "from an IPv6 address");
	is_str(order(m, &skips), "a.example/2001:db8::a b.example/2001:db8::b",
	    "without a host and an address that are skipped");
	is_str(order(m, &skips4), MX_SKIPPED, "nothing is left");
	mx_free(m);
}

static void
test_equals(void)
{
	static const struct with any = { 0 };
	unsigned int i, first[3] = { 0 }, apart = 0;
	const char *s;
	struct mx *m;
	int whole;

	head(DNS_OK, 300, "", 4);
	host("5 a.example 192.0.2.1 192.0.2.11");
	host("5 b.example 192.0.2.2");
	host("5 c.example 192.0.2.3");
	host("6 d.example 192.0.2.4");
	m = parse(&whole);
	for (i = 0; i < 3000; i++) {
		s = order(m, &any);
		first[s[0] - 'a']++;
		if (strcmp(s + strlen(s) - 19, "d.example/192.0.2.4") != 0 &&
		    strcmp(s + strlen(s) - 20, " d.example/192.0.2.4") != 0)
			apart++;
	}
	is_int(apart, 0, "the worse one is always the last");
	for (i = 0; i < 3; i++)
		ok(first[i] > 800 && first[i] < 1200,
		    "each of three equals is the first in a third of all "
		    "cases");
	mx_free(m);
}

static void
test_own(void)
{
	static const struct with any = { 0 },
				 named = { 0, 0, 0, "Out.Example", 0 };
	struct mx *m;
	int whole;

	head(DNS_OK, 300, "", 3);
	host("10 a.example 192.0.2.1");
	host("20 NODE.example 192.0.2.2");
	host("20 c.example 192.0.2.3");
	m = parse(&whole);
	is_str(order(m, &any), "a.example/192.0.2.1",
	    "neither this node nor its equals");
	mx_free(m);
	head(DNS_OK, 300, "", 2);
	host("10 a.example 192.0.2.1");
	host("20 out.example 192.0.2.2");
	m = parse(&whole);
	is_str(order(m, &named), "a.example/192.0.2.1", "nor by its HELO");
	mx_free(m);
	head(DNS_OK, 300, "", 2);
	host("10 x.example 203.0.113.5");
	host("20 b.example 192.0.2.2");
	m = parse(&whole);
	is_str(order(m, &any), "mail for this domain comes back to this node",
	    "nor by address");
	mx_free(m);
}

static void
test_private(void)
{
	static const struct with any = { 0 }, all = { 0, 1, 0, NULL, 0 };
	static const char *const no[] = { "127.0.0.1", "127.255.255.255",
		"0.0.0.0", "0.1.2.3", "10.0.0.1", "172.16.0.1",
		"172.31.255.255", "192.168.3.4", "169.254.1.1", "100.64.0.1",
		"100.127.255.255", "224.0.0.1", "240.0.0.1", "255.255.255.255",
		"::", "::1", "fe80::1", "fec0::1", "fc00::1", "fdff::1",
		"ff02::1", "::ffff:127.0.0.1", "::ffff:10.1.2.3" };
	static const char *const yes[] = { "1.0.0.1", "9.255.255.255",
		"11.0.0.0", "172.15.255.255", "172.32.0.0", "192.167.0.1",
		"192.169.0.1", "100.63.255.255", "100.128.0.0", "126.0.0.1",
		"128.0.0.1", "169.253.0.1", "223.255.255.255", "2001:db8::1",
		"::2", "fbff::1", "fe00::1", "::ffff:192.0.2.1" };
	char line[100];
	struct mx *m;
	size_t i;
	int whole;

	for (i = 0; i < sizeof no / sizeof *no + sizeof yes / sizeof *yes;
	     i++) {
		int is_no = i < sizeof no / sizeof *no;
		const char *ip =
		    is_no ? no[i] : yes[i - sizeof no / sizeof *no];

		head(DNS_OK, 300, "", 1);
		snprintf(line, sizeof line, "10 a.example %s", ip);
		host(line);
		m = parse(&whole);
		if (is_no)
			is_str(order(m, &any),
			    "its servers have no public address", ip);
		else
			ok(strncmp(order(m, &any), "a.example/", 10) == 0, ip);
		ok(strncmp(order(m, &all), "a.example/", 10) == 0,
		    "with private-addresses");
		mx_free(m);
	}
}

static void
test_bounds(void)
{
	static const struct with any = { 0 };
	struct mx *m;
	size_t cut;
	int whole, i;
	char line[300];

	head(DNS_OK, 0, "", 32);
	for (i = 0; i < 32; i++) {
		snprintf(line, sizeof line,
		    "%d h%d.example 192.0.2.1 192.0.2.2 192.0.2.3 192.0.2.4", i,
		    i);
		host(line);
	}
	m = parse(&whole);
	ok(m && whole && m->n == 128, "all hosts and addresses");
	is_int(m->until, NOW + 1, "a time of 0 counts as 1");
	order(m, &any);
	mx_free(m);
	for (cut = 0; cut < answer.len; cut += 7) {
		struct field r;

		field_start(&r, answer.s, cut);
		m = mx_read(&r, NOW);
		if (m || !r.bad)
			break;
	}
	ok(cut >= answer.len, "cut short anywhere it is malformed");
	head(DNS_OK, 1, "", 33);
	for (i = 0; i < 33; i++)
		host("1 a.example 192.0.2.1");
	ok(!parse(&whole), "33 hosts");
	head(DNS_OK, 1, "", 0);
	ok(!parse(&whole), "a good answer without a host");
	head(6, 1, "", 0);
	ok(!parse(&whole), "an unknown verdict");
	head(DNS_OK, 1, "", 2);
	host("2 a.example 192.0.2.1");
	host("1 b.example 192.0.2.1");
	ok(!parse(&whole), "not by preference");
	head(DNS_OK, 1, "", 1);
	host("2 a\nb 192.0.2.1");
	ok(!parse(&whole), "a name with a line end");
	head(DNS_TEMP, 4000000000u, "no\nanswer", 0);
	m = parse(&whole);
	ok(m && whole && strcmp(m->text, "no?answer") == 0, "text is cleaned");
	is_int(m->until, NOW + DNS_TTLMAX, "the longest time");
	mx_free(m);
}

static void
test_literal(void)
{
	static const struct with all = { 0, 1, 0, NULL, 0 };
	static const char *const bad[] = { "[", "[]", "[ipv6:", "[ipv6:]",
		"[192.0.2.1", "[192.0.2.256]", "[::1]", "[ipv6:192.0.2.1]",
		"[x400:abc]" };
	struct mx *m = mx_literal("[127.0.0.1]");
	size_t i;

	is_str(order(m, &all), "[127.0.0.1]/127.0.0.1", "a literal");
	mx_free(m);
	m = mx_literal("[ipv6:2001:db8::7]");
	is_str(order(m, &all), "[ipv6:2001:db8::7]/2001:db8::7", "of IPv6");
	mx_free(m);
	for (i = 0; i < sizeof bad / sizeof *bad; i++) {
		m = mx_literal(bad[i]);
		is_int(m->verdict, DNS_NODOMAIN, bad[i]);
		mx_free(m);
	}
}

int
main(void)
{
	if (sodium_init() == -1)
		return 99;
	test_order();
	test_equals();
	test_own();
	test_private();
	test_bounds();
	test_literal();
	stralloc_free(&answer);
	return done_testing();
}
