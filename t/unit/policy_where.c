/*
 * What policy.cdb says of a place: limits, the most specific first; providers
 * by domain, servers and networks; which route mail has; shares of tenants and
 * campaigns.  Records that are damaged say nothing.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <skalibs/djbunix.h>

#include "common/policy.h"
#include "common/policyfmt.h"
#include "common/table.h"
#include "t/lib/tap.h"

static char dir[4096];
static int dirfd;
static struct table_make *make;

static void
add(const char *key, const struct policyfmt_buf *d)
{
	if (table_make_add(make, key, strlen(key), d->s, d->n) == -1)
		abort();
}

static void
add_name(const char *key, const char *name)
{
	static struct policyfmt_buf d;

	d.n = 0;
	policyfmt_put_string(&d, name);
	add(key, &d);
}

/* What every policy has. */
static void
begin(void)
{
	struct policyfmt_head h = { POLICY_VERSION, 1 };
	struct policy_node n = { "mail.example.com", "example.com",
		"postmaster@example.com" };
	struct policy_retry r = { 1, { 300 }, 7200 };
	struct policy_notices t = { .from = "mailer-daemon@example.com" };
	static struct policyfmt_buf d;
	static struct policy_dns dns;
	struct policy_queue q = { 0 };
	struct policy_smtpd smtpd = { 0 };
	struct policy_returns returns;
	struct policy_signing signing = { .also = "" };
	struct policy_suppression suppression = { .hashed = 0 };
	struct policy_stream s = { .name = "bulk", .priority = 1 };

	make = table_make_start(dirfd, "policy.cdb");
	if (!make)
		abort();
	policykey_defaults(&policykey_queue, &q);
	policykey_defaults(&policykey_dns, &dns);
	policykey_defaults(&policykey_notices, &t);
	policykey_defaults(&policykey_smtpd, &smtpd);
	policykey_defaults(&policykey_returns, &returns);
	d.n = 0;
	policyfmt_pack_head(&d, &h);
	add("policy", &d);
	d.n = 0;
	policyfmt_pack_node(&d, &n);
	add("node", &d);
	d.n = 0;
	policyfmt_pack_queue(&d, &q);
	add("queue", &d);
	d.n = 0;
	policyfmt_pack_retry(&d, &r);
	add("retry", &d);
	d.n = 0;
	policyfmt_pack_notices(&d, &t);
	add("notices", &d);
	d.n = 0;
	policyfmt_pack_dns(&d, &dns);
	add("dns", &d);
	d.n = 0;
	policyfmt_pack_smtpd(&d, &smtpd);
	add("smtpd", &d);
	d.n = 0;
	policyfmt_pack_returns(&d, &returns);
	add("returns", &d);
	d.n = 0;
	policykey_defaults(&policykey_suppression, &suppression);
	policyfmt_pack_suppression(&d, &suppression);
	add("suppression", &d);
	d.n = 0;
	policyfmt_pack_signing(&d, &signing);
	add("signing", &d);
	d.n = 0;
	policyfmt_put_number(&d, 0, 1);
	add("listeners", &d);
	d.n = 0;
	policyfmt_pack_streams(&d, &s, 1);
	add("streams", &d);
	d.n = 0;
	policyfmt_put_number(&d, 0, 4);
	add("match", &d);
	d.n = 0;
	add("rules", &d);
}

static void
end(struct policy *p)
{
	if (table_make_finish(make) == -1 || policy_open(p, "policy.cdb") == -1)
		abort();
}

static uint64_t
bit(const char *key)
{
	return UINT64_C(1) << policykey_find(&policykey_limits, key);
}

/* A record that sets connections and one more key. */
static void
add_limits(const char *key, unsigned int connections, uint64_t more,
    struct policy_limits l)
{
	static struct policyfmt_buf d;

	l.connections = connections;
	d.n = 0;
	policyfmt_pack_limits(&d, more | bit("connections"), &l);
	add(key, &d);
}

static struct policy_limits
limits(const struct policy *p, const char *domain, const char *route,
    const char *provider)
{
	struct policy_where w = { domain, domain ? strlen(domain) : 0, route,
		provider };
	struct policy_limits l;

	policy_limits(p, &w, &l);
	return l;
}

static void
add_static(const char *pattern)
{
	static struct policyfmt_buf d;
	struct policy_route r = { .provider = "big" };
	char key[64];

	snprintf(key, sizeof key, "s:%s", pattern);
	d.n = 0;
	policyfmt_pack_route(&d, &r);
	add(key, &d);
}

static void
add_total(const char *key, uint32_t connections)
{
	static struct policyfmt_buf d;
	struct policy_total t = { connections, 0, 0 };

	d.n = 0;
	policyfmt_pack_total(&d, 1, &t);
	add(key, &d);
}

/* Each layer sets connections, and the key that tells it from the others. */
static void
make_layers(void)
{
	struct policy_limits l = { 0 };

	begin();
	l.depth = 9;
	l.message_rate = POLICY_RATE(7, 60);
	l.retry.n = 2;
	l.retry.after[0] = 60;
	l.retry.after[1] = 120;
	l.retry.then = 3600;
	l.lifetime = 600;
	l.daily_messages = 5;
	l.backoff_min = 7200;
	add_limits("limits", 1, bit("depth") | bit("daily-messages"), l);
	add_limits("lr:slow", 2, bit("message-rate"), l);
	add_limits("lp:big", 3, POLICYFMT_SCHEDULE | bit("retry-then"), l);
	add_limits("lb:big slow", 4, bit("lifetime"), l);
	add_limits("ls:.example.com", 5, 0, l);
	add_limits("lp:late", 6, bit("backoff-min"), l);
	add_static(".example.com");
	add_static("bare.example.com");
	add_total("tp:big", 70);
	add_total("tr:slow", 80);
}

static void
test_limits(void)
{
	struct policy_limits l;
	struct policy_route r;
	struct policy p;

	make_layers();
	end(&p);
	l = limits(&p, NULL, NULL, NULL);
	ok(l.connections == 1 && l.depth == 9 && l.daily_messages == 5 &&
		l.messages == 1000 && l.message_rate == 0 && l.retry.n == 0 &&
		l.retry.then == 0 && l.lifetime == 0 &&
		l.provider_total.connections == 0 && l.backoff_min == 60,
	    "[limits] over the defaults");
	l = limits(&p, "example.net", "slow", "");
	ok(l.connections == 2 && l.message_rate == POLICY_RATE(7, 60) &&
		l.depth == 9 && l.route_total.connections == 80,
	    "the route over it");
	is_int(POLICY_RATE_COUNT(l.message_rate), 7, "count of a rate");
	is_int(POLICY_RATE_SECONDS(l.message_rate), 60, "seconds of a rate");
	l = limits(&p, "example.net", "slow", "big");
	ok(l.connections == 4 && l.message_rate == POLICY_RATE(7, 60) &&
		l.retry.n == 2 && l.retry.after[1] == 120 &&
		l.retry.then == 3600 && l.lifetime == 600 &&
		l.provider_total.connections == 70,
	    "the provider, and both together");
	l = limits(&p, "example.net", NULL, "big");
	ok(l.connections == 3 && l.message_rate == 0 && l.lifetime == 0,
	    "the provider alone");
	l = limits(&p, "x.example.com", "slow", "big");
	ok(l.connections == 5 && l.lifetime == 600, "a static route over all");
	l = limits(&p, "bare.example.com", NULL, NULL);
	is_int(l.connections, 1,
	    "a static route without limits has not those of another");
	ok(policy_route(&p, "x.example.com", 13, &r) == 1 &&
		!strcmp(r.provider, "big"),
	    "its provider");
	l = limits(&p, "", "slo", "bigger");
	is_int(l.connections, 1, "names that are unknown");
	l = limits(&p, NULL, NULL, "late");
	ok(l.backoff_min == 3600 && l.backoff_max == 3600,
	    "a back-off that two sections make contradict itself");
	policy_close(&p);
}

static void
test_damaged(void)
{
	static struct policyfmt_buf d = { .n = 9 };
	static char huge[2000];
	struct policy_limits l;
	struct policy p;

	make_layers();
	memset(d.s, 255, d.n);
	add("lp:bad", &d);
	add("lr:bad", &d);
	add("tp:bad", &d);
	add("tr:bad", &d);
	add("lb:bad bad", &d);
	end(&p);
	l = limits(&p, NULL, "bad", "bad");
	ok(l.connections == 1 && l.provider_total.connections == 0,
	    "damaged records say nothing");
	memset(huge, 'x', sizeof huge - 1);
	l = limits(&p, NULL, huge, huge);
	is_int(l.connections, 1, "names longer than any");
	policy_close(&p);
}

/* Whether a domain with these hosts, and one address, is at that provider. */
static void
is_at(const struct policy *p, const char *domain, const char *hosts,
    const char *ip, const char *want, const char *want_why)
{
	char name[POLICY_LABELMAX + 1], why[POLICY_WHYMAX + 1], b[256], *s;
	const char *host[8];
	struct policy_ip a = { 0 };
	struct policy_mx m = { domain, strlen(domain), 0, host, 0, &a };
	int found;

	snprintf(b, sizeof b, "%s", hosts);
	for (s = b; *s && m.nhost < 8; s += strlen(s) + 1) {
		host[m.nhost++] = s;
		s[strcspn(s, " ")] = '\0';
		if (s - b + strlen(s) == strlen(hosts))
			break;
	}
	if (*ip) {
		a.family = strchr(ip, ':') ? 6 : 4;
		inet_pton(a.family == 6 ? AF_INET6 : AF_INET, ip, a.ip);
		m.naddr = 1;
	}
	found = policy_provider_why(p, &m, name, why);
	ok(found == (*want != '\0') && !strcmp(name, want) &&
		!strcmp(why, want_why),
	    *hosts    ? hosts
		: *ip ? ip
		      : domain);
	if (found != policy_provider(p, &m, name) || strcmp(name, want) != 0)
		ok(0, "policy_provider and policy_provider_why differ");
}

static void
add_network(const char *ip, uint8_t bits, const char *name)
{
	uint8_t key[3 + 2 + 16] = "mn:";
	static struct policyfmt_buf d;

	key[3] = strchr(ip, ':') ? 6 : 4;
	key[4] = bits;
	inet_pton(key[3] == 6 ? AF_INET6 : AF_INET, ip, key + 5);
	d.n = 0;
	policyfmt_put_string(&d, name);
	if (table_make_add(make, key, sizeof key, d.s, d.n) == -1)
		abort();
}

static void
add_providers(void)
{
	static struct policyfmt_buf d;
	static const uint8_t lengths[] = { 4, 32, 4, 25, 4, 8, 4, 0, 6, 128, 6,
		33, 6, 32 };

	add_name("mh:.big.example", "big");
	add_name("mh:.part.big.example", "part");
	add_name("mh:mx.one.example", "big");
	add_name("md:own.example", "own");
	add_name("md:.own.example", "below");
	add_name("p:big", "big");
	add_name("p:gross/klein", "big");
	add_network("192.0.2.1", 32, "host");
	add_network("192.0.2.128", 25, "net");
	add_network("10.0.0.0", 8, "ten");
	add_network("2001:db8::", 32, "six");
	add_network("2001:db8:8000::", 33, "upper");
	d.n = 0;
	policyfmt_put_octets(&d, lengths, sizeof lengths);
	add("mn", &d);
}

static void
test_providers(void)
{
	char name[POLICY_LABELMAX + 1], longest[POLICY_NAMEMAX + 2];
	struct policy p;

	make_layers();
	add_providers();
	end(&p);
	is_at(&p, "x.example", "a.big.example b.c.big.example", "", "big",
	    "mx .big.example");
	is_at(&p, "x.example", "mx.one.example a.big.example", "", "big",
	    "mx mx.one.example");
	is_at(&p, "x.example", "a.part.big.example", "", "part",
	    "mx .part.big.example");
	is_at(&p, "x.example", "a.big.example a.part.big.example", "", "", "");
	is_at(&p, "x.example", "a.big.example mx.other.example", "", "", "");
	is_at(&p, "x.example", "mx.other.example a.big.example", "", "", "");
	is_at(&p, "x.example", "big.example", "", "", "");
	is_at(&p, "x.example", "notbig.example", "", "", "");
	is_at(&p, "own.example", "a.big.example", "192.0.2.1", "own",
	    "domain own.example");
	is_at(&p, "x.own.example", "", "", "below", "domain .own.example");
	is_at(&p, "own.example.net", "", "", "", "");
	is_at(&p, "", "", "", "", "");
	is_at(&p, "x.example", "", "192.0.2.1", "host", "network 192.0.2.1/32");
	is_at(&p, "x.example", "", "192.0.2.200", "net",
	    "network 192.0.2.128/25");
	is_at(&p, "x.example", "", "192.0.2.100", "", "");
	is_at(&p, "x.example", "", "10.255.1.2", "ten", "network 10.0.0.0/8");
	is_at(&p, "x.example", "", "2001:db8:7fff::1", "six",
	    "network 2001:db8::/32");
	is_at(&p, "x.example", "", "2001:db8:8000::1", "upper",
	    "network 2001:db8:8000::/33");
	is_at(&p, "x.example", "", "2001:db9::1", "", "");
	is_at(&p, "x.example", "mx.other.example", "10.1.1.1", "ten",
	    "network 10.0.0.0/8");
	is_int(policy_provider_named(&p, "big", name), 1, "a name");
	is_int(policy_provider_named(&p, "gross/klein", name), 1, "an alias");
	is_str(name, "big", "leads to the name");
	ok(!policy_provider_named(&p, "klein", name) && !*name, "no name");
	memset(longest, 'x', sizeof longest - 1);
	longest[sizeof longest - 1] = '\0';
	ok(!policy_provider_named(&p, longest, name), "a name too long");
	is_at(&p, longest, "", "", "", "");
	policy_close(&p);
}

static void
test_addresses(void)
{
	char name[POLICY_LABELMAX + 1];
	struct policy_ip a[2] = { { 4, { 10, 1, 1, 1 } }, { 4, { 10, 2 } } };
	struct policy_mx m = { "x.example", 9, 0, NULL, 2, a };
	struct policy p;

	make_layers();
	add_providers();
	end(&p);
	is_int(
	    policy_provider(&p, &m, name), 1, "all addresses in one network");
	a[1].ip[0] = 11;
	is_int(policy_provider(&p, &m, name), 0, "but one");
	memcpy(a[1].ip, "\300\0\2\1", 4);
	is_int(
	    policy_provider(&p, &m, name), 0, "but one, of another provider");
	a[1].family = 6;
	is_int(policy_provider(&p, &m, name), 0, "but one of another family");
	policy_close(&p);
}

static void
test_networks_damaged(void)
{
	static struct policyfmt_buf d;
	static const uint8_t lengths[] = { 4, 33, 6, 129, 4, 255, 5, 8, 4, 0,
		4 };
	struct policy p;

	make_layers();
	d.n = 0;
	policyfmt_put_octets(&d, lengths, sizeof lengths);
	add("mn", &d);
	add_network("0.0.0.0", 0, "all");
	add_name("md:bad.example", "");
	add_name("mh:.bad.example", "a blank");
	end(&p);
	is_at(&p, "bad.example", "a.bad.example", "", "", "");
	is_at(&p, "x.example", "", "198.51.100.1", "all", "network 0.0.0.0/0");
	is_at(&p, "x.example", "", "2001:db8::1", "", "");
	policy_close(&p);
}

static void
goes(const struct policy *p, const char *sender, const char *tenant,
    const char *stream, const char *want)
{
	char name[POLICY_LABELMAX + 1], text[600];
	int found = policy_choose(p, stream, tenant, sender, name);

	snprintf(
	    text, sizeof text, "<%s> %s %s: %s", sender, tenant, stream, want);
	ok(found == (*want != '\0') && !strcmp(name, want), text);
}

static void
test_choose(void)
{
	static char longest[400];
	static struct policyfmt_buf d;
	struct policy p;

	make_layers();
	end(&p);
	goes(&p, "a@example.com", "t", "bulk", "");
	policy_close(&p);
	make_layers();
	d.n = 0;
	policyfmt_put_number(&d, 9, 8);
	add("c", &d);
	add_name("c:boss@example.com * *", "boss");
	add_name("c:example.com * *", "domain");
	add_name("c:example.com shop *", "domain-shop");
	add_name("c:.example.com * bulk", "below-bulk");
	add_name("c:<> * *", "null");
	add_name("c:* shop *", "shop");
	add_name("c:* * bulk", "bulk");
	add_name("c:* shop bulk", "shop-bulk");
	add_name("c:.net * *", "");
	end(&p);
	goes(&p, "boss@example.com", "shop", "bulk", "boss");
	goes(&p, "BOSS@Example.COM", "", "", "boss");
	goes(&p, "x@example.com", "shop", "bulk", "domain-shop");
	goes(&p, "x@example.com", "other", "bulk", "domain");
	goes(&p, "x@a.b.example.com", "other", "bulk", "below-bulk");
	goes(&p, "x@a.b.example.com", "shop", "regular", "shop");
	goes(&p, "x@a.b.example.com", "", "regular", "");
	goes(&p, "", "shop", "bulk", "null");
	goes(&p, "x@other.example", "shop", "bulk", "shop-bulk");
	goes(&p, "x@other.example", "shop", "", "shop");
	goes(&p, "x@other.example", "", "bulk", "bulk");
	goes(&p, "x@other.example", "", "", "");
	goes(&p, "x@a.net", "", "", "");
	goes(&p, "nobody", "", "bulk", "bulk");
	goes(&p, "<>", "", "", "null"); /* no address, but it does no harm */
	memset(longest, 'x', sizeof longest - 1);
	goes(&p, longest, "shop", "bulk", "");
	goes(&p, "", longest, "bulk", "");
	goes(&p, "", "shop", longest, "");
	policy_close(&p);
}

static void
test_vroute(void)
{
	static struct policyfmt_buf d;
	struct policy_vroute r, s = { .n = 2 };
	struct policy p;
	size_t n;
	int bad = 0;

	s.source[0].family = 4;
	memcpy(s.source[0].ip, "\300\0\2\1", 4);
	s.source[0].weight = 3;
	memcpy(s.source[0].helo, "a.example", 10);
	s.source[1].family = 6;
	s.source[1].ip[15] = 1;
	s.source[1].weight = 1000000;
	make_layers();
	d.n = 0;
	policyfmt_pack_vroute(&d, &s);
	add("r:slow", &d);
	for (n = 0; n < d.n; n++)
		if (policyfmt_unpack_vroute(d.s, n, &r) == 0)
			bad++;
	is_int(bad, 0, "no route that is cut is taken");
	d.s[1] = 5;
	add("r:family", &d);
	d.s[1] = 4;
	memset(d.s + 18, 0, 4);
	add("r:weight", &d);
	d.s[0] = 0;
	d.n = 1;
	add("r:none", &d);
	end(&p);
	ok(policy_vroute(&p, "slow", &r) == 1 && !memcmp(&r, &s, sizeof r),
	    "all of a route");
	is_int(policy_vroute(&p, "fast", &r), 0, "an unknown one");
	is_int(policy_vroute(&p, "", &r), 0, "none");
	errno = 0;
	ok(policy_vroute(&p, "family", &r) == -1 && errno == EPROTO,
	    "a source of no family");
	is_int(policy_vroute(&p, "weight", &r), -1, "a weight of 0");
	is_int(policy_vroute(&p, "none", &r), -1, "no source");
	policy_close(&p);
}

static void
add_share(const char *key, uint64_t mask, uint32_t connections, uint64_t rate)
{
	static struct policyfmt_buf d;
	struct policy_share s = { .connections = connections,
		.message_rate = rate };

	d.n = 0;
	policyfmt_pack_share(&d, mask, &s);
	add(key, &d);
}

static void
test_share(void)
{
	struct policy_share s;
	struct policy p;

	make_layers();
	add_share("ht:*", 3, 5, POLICY_RATE(10, 1));
	add_share("ht:shop", 1, 7, 0);
	add_share("ht:free", 2, 0, 0);
	add_share("ht:odd", 2, 0, POLICY_RATE(1, 0));
	add_share("hc:november", 1, 9, 0);
	end(&p);
	ok(policy_share(&p, 't', "club", 4, &s) == 1 && s.connections == 5 &&
		s.message_rate == POLICY_RATE(10, 1) && s.daily_messages == 0,
	    "a tenant without a section");
	ok(policy_share(&p, 't', "shop", 4, &s) == 1 && s.connections == 7 &&
		s.message_rate == POLICY_RATE(10, 1),
	    "one whose section says a part");
	ok(policy_share(&p, 't', "free", 4, &s) == 1 && s.connections == 5 &&
		s.message_rate == 0,
	    "none again");
	ok(policy_share(&p, 't', "odd", 3, &s) == 1 &&
		s.message_rate == POLICY_RATE(10, 1),
	    "a rate over no time says nothing");
	ok(policy_share(&p, 'c', "november", 8, &s) == 1 && s.connections == 9,
	    "a campaign");
	ok(policy_share(&p, 'c', "october", 7, &s) == 0 && s.connections == 0,
	    "one that nothing limits");
	is_int(policy_share(&p, 't', "", 0, &s), 0, "no name");
	is_int(
	    policy_share(&p, 't', dir, sizeof dir, &s), 0, "too long a name");
	policy_close(&p);
}

static void
add_plan(const char *key, uint32_t days, uint64_t quota)
{
	struct policy_warmup u = { .overflow = "old", .start = 20779 };
	static struct policyfmt_buf d;
	unsigned int i;

	u.wait = 3600;
	u.n = days;
	for (i = 0; i < days && i < POLICY_WARMDAYS; i++)
		u.quota[i] = quota;
	d.n = 0;
	policyfmt_pack_warmup(&d, &u);
	add(key, &d);
}

static void
test_warmup(void)
{
	static struct policy_warmup u;
	struct policy p;

	make_layers();
	add_plan("w:all", 3, 30);
	add_plan("w:both", POLICY_WARMDAYS, POLICY_QUOTAMAX);
	add_plan("w:none", 0, 1);
	add_plan("w:much", 1, POLICY_QUOTAMAX + 1);
	add_name("wp:r * *", "all");
	add_name("wp:r p 192.0.2.1", "both");
	add_name("wp:r * 192.0.2.2", "none");
	add_name("wp:r q *", "much");
	add_name("wp:s * *", "gone");
	end(&p);
	ok(policy_warmup(&p, "r", "p", "192.0.2.1", &u) == 1 &&
		!strcmp(u.name, "both") && u.n == POLICY_WARMDAYS &&
		u.quota[POLICY_WARMDAYS - 1] == POLICY_QUOTAMAX,
	    "a plan for both");
	ok(policy_warmup(&p, "r", "p", "192.0.2.9", &u) == 1 &&
		!strcmp(u.name, "all") && !strcmp(u.overflow, "old") &&
		u.start == 20779 && u.wait == 3600 && u.n == 3 &&
		u.quota[2] == 30,
	    "one for all");
	is_int(policy_warmup(&p, "r", "", "", &u), 1,
	    "also for who is no provider, from any source");
	is_int(policy_warmup(&p, "r", "p", "192.0.2.2", &u), 0,
	    "a plan of no days is none");
	is_int(policy_warmup(&p, "r", "q", "192.0.2.9", &u), 0,
	    "nor is one of too many messages");
	is_int(policy_warmup(&p, "s", "p", "192.0.2.9", &u), 0,
	    "nor one that is not there");
	is_int(policy_warmup(&p, "", "p", "192.0.2.1", &u), 0,
	    "no route has none");
	policy_close(&p);
}

static void
test_record(void)
{
	const void *data;
	struct policy p;
	size_t n;

	make_layers();
	add_name("z:mine", "abc");
	end(&p);
	ok(policy_record(&p, "z:mine", 6, &data, &n) == 1 && n == 5 &&
		!memcmp((const char *)data + 2, "abc", 3),
	    "a record of somebody else");
	is_int(policy_record(&p, "z:none", 6, &data, &n), 0, "one that is not");
	policy_close(&p);
}

int
main(void)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(dir, sizeof dir, "%s/dray-policy.XXXXXX", tmp ? tmp : "/tmp");
	if (!mkdtemp(dir) || chdir(dir) == -1)
		return 111;
	dirfd = open(".", O_RDONLY | O_DIRECTORY);
	test_limits();
	test_damaged();
	test_providers();
	test_addresses();
	test_networks_damaged();
	test_choose();
	test_vroute();
	test_share();
	test_warmup();
	test_record();
	rm_rf(dir);
	return done_testing();
}
