/*
 * The reader of policy.cdb: what is written is read, the most specific static
 * route wins, a newer policy is taken up and a bad one is not, and a record
 * that is cut or out of its range is refused.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <skalibs/djbunix.h>

#include "common/policy.h"
#include "common/policyfmt.h"
#include "common/streamrule.h"
#include "common/table.h"
#include "t/lib/tap.h"

static char dir[4096];
static int dirfd;

/* What goes into the next policy; a test changes a record and puts it back. */
static struct policyfmt_buf head, node, queue, retry, limits, notices, dns,
    smtpd, returns, suppression, signing, listeners, route, route_limits,
    replies, streams, match;

#define DEPTH 3 /* its place in policykey_limits */
#define ALL ((UINT64_C(1) << POLICYKEY_LIMITS_N) - 1)

static void
add(struct table_make *m, const char *key, const struct policyfmt_buf *d)
{
	if (table_make_add(m, key, strlen(key), d->s, d->n) == -1)
		abort();
}

static void
pack_head(uint64_t version, uint64_t generation)
{
	struct policyfmt_head h = { version, generation };

	head.n = 0;
	policyfmt_pack_head(&head, &h);
}

static void
pack_common(void)
{
	struct policy_node n = { "mail.example.com", "example.com",
		"postmaster@example.com" };
	struct policy_retry r = { 2, { 300, 600 }, 7200 };
	struct policy_queue q = { 0 };
	struct policy_limits l = { 0 };
	static struct policy_dns d = { .stubs = "a.example ::1@53" };
	struct policy_stream s[2] = { { .name = "quick" }, { .name = "slow" } };
	struct policy_notices t = { .from_name = "Mail system",
		.from = "mailer-daemon@example.com" };

	policykey_defaults(&policykey_queue, &q);
	policykey_defaults(&policykey_dns, &d);
	policykey_defaults(&policykey_notices, &t);
	policykey_defaults(&policykey_limits, &l);
	policykey_defaults(&policykey_stream, &s[0]);
	policykey_defaults(&policykey_stream, &s[1]);
	s[0].reserved_lanes = 90;
	s[0].retry = r;
	s[1].priority = 100;
	s[1].lifetime = 600;
	q.clients = 17;
	pack_head(POLICY_VERSION, 1);
	node.n = queue.n = retry.n = limits.n = notices.n = dns.n = 0;
	streams.n = 0;
	policyfmt_pack_streams(&streams, s, 2);
	match.n = 4;
	memset(match.s, 0, match.n);
	policyfmt_pack_dns(&dns, &d);
	policyfmt_pack_notices(&notices, &t);
	policyfmt_pack_node(&node, &n);
	policyfmt_pack_queue(&queue, &q);
	policyfmt_pack_retry(&retry, &r);
	policyfmt_pack_limits(&limits, ALL, &l);
}

/* Routes differ by their depth and port, so that a test sees which it got. */
static void
pack_route(unsigned int number)
{
	struct policy_limits l = { 0 };
	struct policy_route r = { .helo = "out.example.com", .n = 2 };

	policykey_defaults(&policykey_limits, &l);
	l.depth = number;
	r.addr[0].family = 4;
	r.addr[0].port = (uint16_t)(2500 + number);
	memcpy(r.addr[0].ip, "\177\0\0\1", 4);
	memcpy(r.addr[0].host, "127.0.0.1", sizeof "127.0.0.1");
	r.addr[1].family = 6;
	r.addr[1].port = 25;
	r.addr[1].ip[15] = 1;
	memcpy(r.addr[1].host, "::1", sizeof "::1");
	r.source_family = 4;
	memcpy(r.source, "\177\0\0\2", 4);
	route.n = route_limits.n = 0;
	policyfmt_pack_limits(&route_limits, 1 << DEPTH, &l);
	policyfmt_pack_route(&route, &r);
}

static void
make_smtpd(void)
{
	struct policy_smtpd s;
	struct policy_signing sign = { "all.example", POLICY_SIGN_ALSO };
	struct policy_suppression list;
	struct policy_returns r;
	struct policy_listener l = { .name = "here", .family = 4, .port = 25 };

	memset(&s, 0, sizeof s);
	policykey_defaults(&policykey_smtpd, &s);
	smtpd.n = listeners.n = returns.n = signing.n = 0;
	policyfmt_pack_signing(&signing, &sign);
	suppression.n = 0;
	policykey_defaults(&policykey_suppression, &list);
	policyfmt_pack_suppression(&suppression, &list);
	policykey_defaults(&policykey_returns, &r);
	policyfmt_pack_returns(&returns, &r);
	policyfmt_pack_smtpd(&smtpd, &s);
	policyfmt_put_number(&listeners, 2, 1);
	policyfmt_pack_listener(&listeners, &l);
	memcpy(l.name, "shop", sizeof "shop");
	l.role = POLICY_RELAY;
	l.family = 6;
	l.ntrust = 1;
	l.trust[0] = (struct policy_net){ 4, 24, { 192, 0, 2 } };
	policyfmt_pack_listener(&listeners, &l);
}

static void
add_route(struct table_make *m, const char *pattern)
{
	char key[64];

	snprintf(key, sizeof key, "s:%s", pattern);
	add(m, key, &route);
	snprintf(key, sizeof key, "ls:%s", pattern);
	add(m, key, &route_limits);
}

static void
add_senders(struct table_make *m)
{
	struct policy_sender s = { .return_path = "b@b.example" };
	struct policyfmt_buf d = { .n = 0 };

	policyfmt_put_number(&d, 2, 8);
	add(m, "senders", &d);
	d.n = 0;
	policyfmt_pack_sender(&d, &s);
	add(m, "sd:a.example", &d);
	memcpy(s.list_id, "all", 4);
	d.n = 0;
	policyfmt_pack_sender(&d, &s);
	add(m, "sd:*", &d);
}

static void
add_dkim(struct table_make *m, const char *key, const char *rsa,
    const char *ed25519, uint8_t both)
{
	struct policy_dkim k = { .subdomains = both, .domainkeys = both };
	struct policyfmt_buf d;

	snprintf(k.rsa, sizeof k.rsa, "%s", rsa);
	snprintf(k.ed25519, sizeof k.ed25519, "%s", ed25519);
	d.n = 0;
	policyfmt_pack_dkim(&d, &k);
	add(m, key, &d);
}

static struct table_make *
start(void)
{
	struct table_make *m = table_make_start(dirfd, "policy.cdb");

	if (!m)
		abort();
	add(m, "policy", &head);
	add(m, "node", &node);
	add(m, "queue", &queue);
	add(m, "retry", &retry);
	add(m, "limits", &limits);
	add(m, "notices", &notices);
	add(m, "dns", &dns);
	add(m, "smtpd", &smtpd);
	add(m, "listeners", &listeners);
	add(m, "returns", &returns);
	add(m, "signing", &signing);
	add(m, "suppression", &suppression);
	add_dkim(m, "dk:a.example", "r1", "e1", 1);
	add_dkim(m, "dk:b.a.example", "", "e2", 0);
	add_dkim(m, "dk:all.example", "r3", "", 1);
	if (table_make_add(m, "ra:back@a.example", 17, "\1", 1) == -1 ||
	    table_make_add(m, "ra:fbl.example", 14, "\2", 1) == -1)
		exit(111);
	add_senders(m);
	add(m, "streams", &streams);
	add(m, "match", &match);
	add(m, "rules", &replies);
	return m;
}

static void
finish(struct table_make *m)
{
	if (table_make_finish(m) == -1)
		abort();
}

static void
limits_of(const struct policy *p, const char *domain, struct policy_limits *l_r)
{
	struct policy_where w = { .domain = domain, .len = strlen(domain) };

	policy_limits(p, &w, l_r);
}

static void
test_common(const struct policy *p)
{
	struct policy_node n;
	struct policy_queue q;
	struct policy_retry r;
	struct policy_limits l;

	is_int(p->generation, 1, "the generation");
	policy_node(p, &n);
	is_str(n.hostname, "mail.example.com", "hostname");
	is_str(n.domain, "example.com", "domain");
	is_str(n.postmaster, "postmaster@example.com", "postmaster");
	policy_queue(p, &q);
	is_int(q.clients, 17, "clients");
	is_int(q.max_message, 50 << 20, "max_message");
	is_int(q.lifetime, 5 * 86400, "lifetime");
	policy_retry(p, &r);
	ok(r.n == 2 && r.after[0] == 300 && r.after[1] == 600 && r.then == 7200,
	    "the retry schedule");
	limits_of(p, "example.net", &l);
	ok(l.depth == 4 && l.pipelining == 1 && l.backoff_max == 3600,
	    "default limits");
}

static void
test_streams(const struct policy *p)
{
	struct policy_stream s[POLICY_STREAMMAX];
	struct streamrule_set *rules = policy_matches(p);

	is_int((int)rules->n, 0, "no rule");
	streamrule_unref(rules);
	is_int(policy_streams(p, s), 2, "two streams");
	ok(!strcmp(s[0].name, "quick") && s[0].priority == 2 &&
		s[0].reserved_lanes == 90 && s[0].reserved_rate == 0 &&
		s[0].lifetime == 0 && s[0].retry.n == 2 &&
		s[0].retry.after[1] == 600 && s[0].retry.then == 7200,
	    "one with a schedule");
	ok(!strcmp(s[1].name, "slow") && s[1].priority == 100 &&
		s[1].lifetime == 600 && s[1].retry.n == 0 &&
		s[1].retry.then == 0,
	    "one with a lifetime");
	ok(policy_stream(s, 2, "quick", 5) == &s[0], "one by its name");
	ok(!policy_stream(s, 2, "quick", 4) && !policy_stream(s, 1, "slow", 4),
	    "and none");
	ok(policy_stream_usual(s, 2) == &s[1], "no usual one: the last");
	strcpy(s[0].name, POLICY_STREAMUSUAL);
	ok(policy_stream_usual(s, 2) == &s[0], "the usual one");
}

static void
test_all_streams(void)
{
	struct policy_stream s[POLICY_STREAMMAX], t[POLICY_STREAMMAX];
	unsigned int i;

	memset(s, 0, sizeof s);
	for (i = 0; i < POLICY_STREAMMAX; i++) {
		memset(s[i].name, 'a' + (int)i, POLICY_STREAMNAME);
		s[i].priority = i + 1;
		s[i].retry.n = POLICY_RETRYMAX;
		s[i].retry.then = 30;
	}
	for (i = 0; i < POLICY_STREAMMAX * POLICY_RETRYMAX; i++)
		s[i / POLICY_RETRYMAX].retry.after[i % POLICY_RETRYMAX] = i + 1;
	streams.n = 0;
	policyfmt_pack_streams(&streams, s, POLICY_STREAMMAX);
	is_int(policyfmt_unpack_streams(streams.s, streams.n, t),
	    POLICY_STREAMMAX, "the largest record of streams");
	ok(!memcmp(s, t, sizeof s), "is read as it was written");
	streams.s[0] = POLICY_STREAMMAX + 1;
	is_int(policyfmt_unpack_streams(streams.s, streams.n, t), -1,
	    "one stream more than there may be");
	pack_common();
}

/* Which route a domain has; 0 none. */
static void
leads(const struct policy *p, const char *domain, unsigned int number,
    const char *name)
{
	struct policy_route r;
	struct policy_limits l;
	size_t n = strlen(domain);
	int found = policy_route(p, domain, n, &r);

	limits_of(p, domain, &l);
	if (!number)
		ok(found == 0 && l.depth == 4, domain);
	else
		ok(found == 1 && !strcmp(r.name, name) && l.depth == number &&
			r.addr[0].port == 2500 + number,
		    domain);
}

static void
test_routes(void)
{
	static const char *const names[] = { "example.com", ".example.com",
		".b.example.com", "a.b.example.com", ".com" };
	struct table_make *m = start();
	struct policy_route r;
	struct policy p;
	char longest[POLICY_NAMEMAX + 1];
	unsigned int i;

	for (i = 0; i < 5; i++) {
		pack_route(11 + i);
		add_route(m, names[i]);
	}
	finish(m);
	is_int(policy_open(&p, "policy.cdb"), 0, "a policy with routes");
	leads(&p, "example.com", 11, "example.com");
	leads(&p, "x.example.com", 12, ".example.com");
	leads(&p, "b.example.com", 12, ".example.com");
	leads(&p, "x.b.example.com", 13, ".b.example.com");
	leads(&p, "a.b.example.com", 14, "a.b.example.com");
	leads(&p, "x.a.b.example.com", 13, ".b.example.com");
	leads(&p, "example.org.com", 15, ".com");
	leads(&p, "com", 0, "");
	leads(&p, "example.net", 0, "");
	leads(&p, "xample.com", 15, ".com");
	leads(&p, "", 0, "");
	leads(&p, "...", 0, "");
	leads(&p, "[192.0.2.1]", 0, "");
	ok(policy_route(&p, "example.com", 11, &r) == 1 && r.n == 2 &&
		r.addr[1].family == 6 && r.addr[1].port == 25 &&
		!strcmp(r.addr[1].host, "::1") && r.addr[1].ip[15] == 1 &&
		r.source_family == 4 && !memcmp(r.source, "\177\0\0\2", 4) &&
		!strcmp(r.helo, "out.example.com"),
	    "all of a route");
	memset(longest, '.', sizeof longest);
	is_int(policy_route(&p, longest, sizeof longest, &r), 0, "256 octets");
	is_int(policy_route(&p, longest, sizeof longest - 1, &r), 0, "255");
	policy_close(&p);
}

static void
test_star(void)
{
	struct table_make *m = start();
	struct policy p;

	pack_route(21);
	add_route(m, "*");
	pack_route(22);
	add_route(m, ".example.com");
	finish(m);
	is_int(policy_open(&p, "policy.cdb"), 0, "a policy with *");
	leads(&p, "example.com", 21, "*");
	leads(&p, "x.example.com", 22, ".example.com");
	leads(&p, "[192.0.2.1]", 21, "*");
	policy_close(&p);
}

/* The shape of the file is sound, the record under key is not. */
static void
refuse(struct policyfmt_buf *d, const char *name)
{
	struct policy p;

	finish(start());
	errno = 0;
	ok(policy_open(&p, "policy.cdb") == -1 && errno == EPROTO, name);
	d->n = 0; /* pack_common fills it again */
	pack_common();
}

static void
test_refused(void)
{
	struct policyfmt_buf *list[] = { &head, &node, &queue, &retry, &limits,
		&notices, &dns, &streams, &match };
	size_t i;

	for (i = 0; i < 9; i++) {
		list[i]->n--;
		refuse(list[i], "a record one octet short");
		list[i]->n++;
		refuse(list[i], "a record one octet long");
		list[i]->n = 0;
		refuse(list[i], "an empty record");
	}
	head.s[0]++;
	refuse(&head, "no magic");
	pack_head(POLICY_VERSION + 1, 1);
	refuse(&head, "another version");
	memset(limits.s + 8, 0, 8);
	refuse(&limits, "no connections at all");
	memset(limits.s + 8 + 8 * 23, 255, 8);
	refuse(&limits, "a back-off without end");
	memset(limits.s + 8 + 8 * 24, 1, 8);
	refuse(&limits, "a rate without bounds");
	limits.s[7] = 1;
	refuse(&limits, "a bit that no key has");
	memset(notices.s, 255, 8);
	refuse(&notices, "to return what has no bound");
	notices.s[8 * POLICYKEY_NOTICES_N + 2] = '<';
	refuse(&notices, "a bracket in a name");
	notices.s[notices.n - 1] = ' ';
	refuse(&notices, "a blank in an address");
	dns.s[8 * POLICYKEY_DNS_N + 5] = '\n';
	refuse(&dns, "a line end in a list");
	streams.s[0] = 0;
	refuse(&streams, "no stream at all");
	streams.s[3] = ' ';
	refuse(&streams, "a blank in the name of a stream");
	streams.s[8] = 101;
	refuse(&streams, "a priority over 100");
	streams.s[8] = 100;
	streams.s[streams.n - 48] = 99;
	refuse(&streams, "streams that are not in their order");
	streams.s[streams.n - 16] = 1;
	refuse(&streams, "a schedule without its end");
	retry.s[0] = POLICY_RETRYMAX + 1;
	refuse(&retry, "too many steps");
	node.s[2] = '\n';
	refuse(&node, "a line end in a name");
	node.s[1] = 1;
	refuse(&node, "a name longer than its record");
}

/* A static route that is damaged: its limits hold, mail waits. */
static void
damaged(size_t at, int octet, size_t n, const char *name)
{
	struct table_make *m = start();
	struct policy_limits l;
	struct policy_route r;
	struct policy p;

	pack_route(31);
	route.s[at] = (unsigned char)octet;
	route.n = n ? n : route.n;
	add_route(m, "*");
	finish(m);
	if (policy_open(&p, "policy.cdb") == -1)
		abort();
	limits_of(&p, "example.com", &l);
	errno = 0;
	ok(policy_route(&p, "example.com", 11, &r) == -1 && errno == EPROTO &&
		l.depth == 31,
	    name);
	policy_close(&p);
}

static void
test_damaged(void)
{
	size_t helo = 0, source = helo + 2 + 15, provider = source + 17;
	size_t addr = provider + 2 + 1, n;
	int bad = 0;

	damaged(helo + 1, 1, 0, "helo too long");
	damaged(source, 5, 0, "a source of no family");
	damaged(provider, 65, 0, "a provider's name too long");
	damaged(addr - 1, 0, 0, "no address");
	damaged(addr - 1, POLICY_ADDRMAX + 1, 0, "too many addresses");
	damaged(addr - 1, 1, 0, "an address too many");
	damaged(addr, 7, 0, "an address of no family");
	damaged(addr + 3, 1, 0, "a port over 65535");
	damaged(addr + 9 + 16, 200, 0, "a host longer than the record");
	for (n = 1; n < addr + 30; n++) {
		struct policy_route r;

		pack_route(1);
		if (policyfmt_unpack_route(route.s, n, &r) == 0)
			bad++;
	}
	is_int(bad, 0, "no route that is cut is taken");
	damaged(0, 0, 1, "a record of one octet");
}

static void
test_rules(void)
{
	const void *record;
	struct policy p;
	size_t n;

	pack_common();
	memcpy(replies.s, "\0\0\0\1x", 5);
	replies.n = 5;
	finish(start());
	errno = 0;
	ok(policy_open(&p, "policy.cdb") == -1 && errno == EPROTO,
	    "a rule that is cut");
	replies.n = 0;
	finish(start());
	ok(policy_open(&p, "policy.cdb") == 0 &&
		policy_record(&p, "rules", 5, &record, &n) == 1 && n == 0,
	    "a policy without rules");
	policy_close(&p);
}

static void
junk(const char *name)
{
	int fd = openat(dirfd, "junk", O_WRONLY | O_CREAT | O_TRUNC, 0644);

	if (fd == -1 || write(fd, name, strlen(name)) == -1 ||
	    renameat(dirfd, "junk", dirfd, "policy.cdb") == -1)
		abort();
	close(fd);
}

static void
test_refresh(void)
{
	struct policy_queue q;
	struct policy p;

	pack_common();
	finish(start());
	is_int(policy_open(&p, "policy.cdb"), 0, "the first policy");
	is_int(policy_refresh(&p), 0, "nothing has changed");
	pack_head(POLICY_VERSION, 2);
	finish(start());
	is_int(p.generation, 1, "the old one holds until it is asked for");
	is_int(policy_refresh(&p), 1, "a newer one");
	is_int(p.generation, 2, "is in force");
	is_int(policy_refresh(&p), 0, "and stays so");
	junk("this is no table");
	errno = 0;
	ok(policy_refresh(&p) == -1 && errno == EPROTO, "a foreign file");
	is_int(policy_refresh(&p), 0, "is reported once");
	policy_queue(&p, &q);
	ok(p.generation == 2 && q.clients == 17, "the old one is in force");
	junk("nor is this");
	is_int(
	    policy_refresh(&p), -1, "another foreign file is another report");
	pack_head(POLICY_VERSION, 2);
	finish(start());
	is_int(policy_refresh(&p), 1, "the good one again");
	is_int(truncate("policy.cdb", 3000), 0, "cut in its place");
	policy_queue(&p, &q);
	ok(p.generation == 2 && q.clients == 17, "the old one is in force");
	errno = 0;
	ok(policy_refresh(&p) == -1 && errno == EPROTO, "and that is reported");
	is_int(policy_refresh(&p), 0, "once");
	is_int(truncate("policy.cdb", 0), 0, "emptied");
	policy_queue(&p, &q);
	ok(policy_refresh(&p) == -1 && q.clients == 17, "the same");
	unlink("policy.cdb");
	is_int(policy_refresh(&p), 0, "no file at all changes nothing");
	policy_queue(&p, &q);
	is_int(q.clients, 17, "the old one is still in force");
	pack_head(POLICY_VERSION, 3);
	finish(start());
	is_int(policy_refresh(&p), 1, "a good one is taken after bad ones");
	is_int(p.generation, 3, "with its generation");
	policy_close(&p);
	errno = 0;
	ok(policy_open(&p, "gone") == -1 && errno == ENOENT, "no file to open");
}

static unsigned int
comes(const struct policy *p, const char *address)
{
	const char *at = strrchr(address, '@');

	return policy_return(
	    p, address, (size_t)(at - address), at + 1, strlen(at + 1));
}

static void
test_returns(const struct policy *p)
{
	struct policy_suppression list;
	struct policy_returns r;

	policy_returns(p, &r);
	is_int(r.max_message, 10 << 20, "[returns]");
	ok(policy_suppression(p, &list) == 0 && list.soft_count == 5 &&
		list.unsubscribe == POLICY_SUPPRESS_LIST,
	    "[suppression]");
	is_int(comes(p, "back@a.example"), POLICY_RETURN_BOUNCE, "an address");
	is_int(comes(p, "Back@A.Example"), POLICY_RETURN_BOUNCE, "any case");
	is_int(comes(p, "back+x+y@a.example"), POLICY_RETURN_BOUNCE, "a token");
	is_int(comes(p, "x@fbl.example"), POLICY_RETURN_COMPLAINT, "a domain");
	is_int(comes(p, "+@fbl.example"), POLICY_RETURN_COMPLAINT, "a plus");
	is_int(comes(p, "x@a.example"), 0, "another address");
	is_int(comes(p, "back@b.a.example"), 0, "another domain");
	is_int(comes(p, "back@a.example.x"), 0, "a longer one");
	is_int(comes(p, "fbl.example@x.example"), 0, "no address");
}

/* Whose signatures, as in "1 a.example r1, 2 a.example e1". */
static const char *
signers(const struct policy *p, const char *from)
{
	static char text[1024];
	struct policy_signer s[POLICY_SIGNERS];
	int i, n = policy_signers(p, from, s);
	size_t k = 0;

	text[0] = '\0';
	for (i = 0; i < n; i++)
		k += (size_t)snprintf(text + k, sizeof text - k, "%s%u %s %s",
		    i ? ", " : "", s[i].alg, s[i].domain, s[i].selector);
	return n == -1 ? "malformed" : text;
}

static void
test_signers(const struct policy *p)
{
	struct policy_signing s;

	ok(policy_signing(p, &s) == 0 && !strcmp(s.also, "all.example") &&
		s.without_key == POLICY_SIGN_ALSO,
	    "[signing]");
	is_str(signers(p, "a.example"),
	    "1 a.example r1, 2 a.example e1, 3 a.example r1, "
	    "1 all.example r3",
	    "a domain with two keys");
	is_str(signers(p, "x.y.a.example"),
	    "1 a.example r1, 2 a.example e1, 3 a.example r1, "
	    "1 all.example r3",
	    "one below it");
	is_str(signers(p, "b.a.example"), "2 b.a.example e2, 1 all.example r3",
	    "one with a key of its own");
	is_str(signers(p, "c.b.a.example"), "1 all.example r3",
	    "one below that, which signs nothing below");
	is_str(signers(p, "all.example"), "1 all.example r3, 3 all.example r3",
	    "the one that signs all mail, once");
	is_str(signers(p, "x.all.example"),
	    "1 all.example r3, 3 all.example r3", "one below it");
	is_str(signers(p, ""), "1 all.example r3", "none");
	is_str(signers(p, "example"), "1 all.example r3", "one without a key");
	is_str(signers(p, "xa.example"), "1 all.example r3", "a longer one");
	is_str(signers(p, "xall.example"), "1 all.example r3",
	    "that is not below the one that signs all");
}

static void
test_senders(const struct policy *p)
{
	struct policy_sender s;

	ok(policy_senders(p), "there are senders");
	ok(policy_sender(p, "a.example", 9, &s) == 1 && !*s.list_id &&
		!strcmp(s.return_path, "b@b.example"),
	    "one of them");
	ok(policy_sender(p, "b.a.example", 11, &s) == 1 &&
		!strcmp(s.list_id, "all"),
	    "all others");
}

static void
test_listeners(const struct policy *p)
{
	struct policy_listener l[POLICY_LISTENERMAX];
	struct policy_smtpd s;

	policy_smtpd(p, &s);
	ok(s.connections == 10000 && s.message_timeout == 3600, "[smtpd]");
	is_int(policy_listeners(p, l), 2, "two listeners");
	ok(!strcmp(l[0].name, "here") && l[0].port == 25 && !l[0].ntrust,
	    "one that says nothing of trust");
	ok(!strcmp(l[1].name, "shop") && l[1].role == POLICY_RELAY &&
		l[1].family == 6 && l[1].ntrust == 1 &&
		l[1].trust[0].bits == 24 && l[1].trust[0].ip[2] == 2,
	    "one that does");
}

int
main(void)
{
	const char *tmp = getenv("TMPDIR");
	struct policy p;

	snprintf(dir, sizeof dir, "%s/dray-policy.XXXXXX", tmp ? tmp : "/tmp");
	if (!mkdtemp(dir) || chdir(dir) == -1)
		return 111;
	dirfd = open(".", O_RDONLY | O_DIRECTORY);
	pack_common();
	make_smtpd();
	finish(start());
	is_int(policy_open(&p, "policy.cdb"), 0, "a policy is opened");
	test_common(&p);
	test_streams(&p);
	test_listeners(&p);
	test_returns(&p);
	test_senders(&p);
	test_signers(&p);
	policy_close(&p);
	test_all_streams();
	test_routes();
	test_star();
	test_refused();
	test_damaged();
	test_rules();
	test_refresh();
	rm_rf(dir);
	return done_testing();
}
