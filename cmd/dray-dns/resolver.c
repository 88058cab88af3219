#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unbound-event.h>
#include <unbound.h>

#include <skalibs/strerr.h>

#include "cmd/dray-dns/resolver.h"
#include "cmd/dray-dns/ubloop.h"
#include "common/mem.h"

#define IN 1
#define SOCKETS_MAX 4096 /* UDP queries on the wire at a time */
#define RESERVE 256 /* descriptors for other things */
#define TCP_MAX 64 /* the library takes 64 KiB for each */

static struct ub_ctx *ctx;

struct question_of {
	resolver_fn *fn;
	void *ctx;
};

static void
need(int r, const char *what, const char *value)
{
	if (r)
		strerr_dief(111, "libunbound: ", what, " ", value, ": ",
		    ub_strerror(r));
}

static void
set(const char *option, const char *value)
{
	need(ub_ctx_set_option(ctx, option, value), option, value);
}

static void
set_number(const char *option, uint64_t v)
{
	char text[24];

	snprintf(text, sizeof text, "%llu", (unsigned long long)v);
	set(option, text);
}

/* A version of the library that lacks it does without. */
static void
set_if_known(const char *option, const char *value)
{
	(void)ub_ctx_set_option(ctx, option, value);
}

/* The next part of a list that is made of parts with one separator between. */
static const char *
part(const char **list, char separator, char *d, size_t size)
{
	const char *end = strchrnul(*list, separator);

	if (!**list)
		return NULL;
	snprintf(d, size, "%.*s", (int)(end - *list), *list);
	*list = end + (*end == separator);
	return d;
}

static int
is_loopback(const char *addr)
{
	return !strncmp(addr, "127.", 4) || !strncmp(addr, "::1@", 4);
}

/* Zones that the library would answer for by itself (RFC 6761) are asked for
 * where the operator has named a server: these are all of them that a mail
 * domain could be in. */
static const char *const blocked[] = { "test", "invalid", "onion",
	"home.arpa" };
#define BLOCKED (sizeof blocked / sizeof *blocked)

/* Marks those that zone ("": everything) is in, or is above of. */
static void
mark(const char *zone, int *marked)
{
	size_t i, n = strlen(zone), k;

	for (i = 0; i < BLOCKED; i++) {
		k = strlen(blocked[i]);
		if (!n ||
		    (n >= k && !strcmp(zone + n - k, blocked[i]) &&
			(n == k || zone[n - k - 1] == '.')))
			marked[i] = 1;
	}
}

static void
unblock(const int *marked)
{
	char value[64];
	size_t i;

	for (i = 0; i < BLOCKED; i++) {
		snprintf(value, sizeof value, "%s. transparent", blocked[i]);
		if (marked[i])
			set("local-zone:", value);
	}
}

static void
set_servers(const struct policy_dns *p)
{
	char word[POLICY_NAMEMAX + 1], zone[POLICY_NAMEMAX + 1] = "";
	const char *list = p->forwarders;
	int marked[BLOCKED] = { 0 };
	int local = 0;

	if (*list)
		mark("", marked);
	while (part(&list, ' ', word, sizeof word)) {
		local |= is_loopback(word);
		need(ub_ctx_set_fwd(ctx, word), "forwarder", word);
	}
	for (list = p->stubs; part(&list, ' ', word, sizeof word);) {
		if (!strchr(word, '@')) {
			snprintf(zone, sizeof zone, "%s", word);
			mark(strcmp(zone, ".") ? zone : "", marked);
			continue;
		}
		local |= is_loopback(word);
		need(ub_ctx_set_stub(ctx, zone, word, 0), "stub", zone);
	}
	unblock(marked);
	/* Else anybody could have us ask ourselves. */
	set("do-not-query-localhost:", local ? "no" : "yes");
}

static void
set_anchors(const struct policy_dns *p)
{
	char item[POLICY_DNSMAX];
	const char *list = p->anchors;

	if (!p->dnssec)
		return;
	if (!*list && ub_ctx_add_ta_file(ctx, RESOLVER_ANCHOR) != 0)
		strerr_warnw(
		    "there is no " RESOLVER_ANCHOR ": nothing is validated");
	while (part(&list, ',', item, sizeof item)) {
		if (*item == '/')
			need(ub_ctx_add_ta_file(ctx, item), "trust anchor",
			    item);
		else
			need(ub_ctx_add_ta(ctx, item), "trust anchor", item);
	}
	for (list = p->insecure; part(&list, ' ', item, sizeof item);)
		set("domain-insecure:", item);
}

static uint64_t
sockets(void)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) == -1 || l.rlim_cur < 2 * RESERVE)
		return 64;
	return l.rlim_cur - RESERVE < SOCKETS_MAX ? l.rlim_cur - RESERVE
						  : SOCKETS_MAX;
}

static void
set_sizes(const struct policy_dns *p)
{
	set_number("outgoing-range:", sockets());
	set_number("num-queries-per-thread:", SOCKETS_MAX);
	set_number("outgoing-num-tcp:", TCP_MAX);
	set_number("msg-cache-size:", p->cache / 4);
	set_number("rrset-cache-size:", p->cache / 2);
	set_number("key-cache-size:", p->cache / 8);
	set_number("neg-cache-size:", p->cache / 8);
	set_number("infra-cache-numhosts:", 50000);
}

static void
set_behaviour(const struct policy_dns *p)
{
	char msec[24];

	set("module-config:", p->dnssec ? "validator iterator" : "iterator");
	set("do-ip4:", p->ipv4 ? "yes" : "no");
	set("do-ip6:", p->ipv6 ? "yes" : "no");
	/* It would cost two questions more for each destination. */
	set("qname-minimisation:", "no");
	set("val-bogus-ttl:", "10");
	set("use-syslog:", "no");
	/* What a dead server is waited for; two minutes otherwise.  If it is
	 * shorter, libunbound 1.17 does not try the server again before its
	 * infra-host-ttl is over. */
	snprintf(msec, sizeof msec, "%d", RESOLVER_MSEC);
	set_if_known("infra-cache-max-rtt:", msec);
	/* Else one that was down may stay unasked for long after. */
	set_if_known("infra-keep-probing:", "yes");
	set("infra-host-ttl:", "120");
}

static void
ignore(void *c, int rcode, void *msg, int len, int sec, char *why, int limited)
{
	(void)c;
	(void)rcode;
	(void)msg;
	(void)len;
	(void)sec;
	(void)why;
	(void)limited;
}

void
resolver_start(struct ev_loop *loop, const struct policy_dns *p)
{
	int r;

	ctx = ub_ctx_create_ub_event(ubloop_start(loop));
	if (!ctx)
		strerr_diefusys(111, "start libunbound");
	set_behaviour(p);
	set_sizes(p);
	set_servers(p);
	set_anchors(p);
	/* The first question makes the library read its files, open what it
	 * needs and refuse what it does not understand.  It knows the answer
	 * to this one. */
	r = ub_resolve_event(
	    ctx, "localhost", DNSMSG_A, IN, NULL, ignore, NULL);
	if (r)
		strerr_dief(100, "libunbound cannot start with this policy: ",
		    ub_strerror(r));
	/* Its log would carry what strangers write. */
	(void)ub_ctx_debugout(ctx, NULL);
}

static void
on_result(
    void *arg, int rcode, void *msg, int len, int sec, char *why, int limited)
{
	static const char *const codes[] = { "no usable answer", "FORMERR",
		"SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED" };
	struct question_of q = *(struct question_of *)arg;
	const char *text;

	(void)limited;
	free(arg);
	if (sec == MX_BOGUS) {
		q.fn(q.ctx, why ? why : "does not validate", 0, MX_BOGUS);
	} else if (rcode || len <= 0) {
		text = rcode >= 0 && rcode < (int)(sizeof codes / sizeof *codes)
		    ? codes[rcode]
		    : codes[0];
		q.fn(q.ctx, text, 0, MX_INSECURE);
	} else {
		q.fn(q.ctx, msg, (size_t)len,
		    sec == MX_SECURE ? MX_SECURE : MX_INSECURE);
	}
}

void
resolver_ask(const char *name, int type, resolver_fn *fn, void *arg)
{
	struct question_of *q = mem_alloc(sizeof *q);
	int r;

	q->fn = fn;
	q->ctx = arg;
	r = ub_resolve_event(ctx, name, type, IN, q, on_result, NULL);
	if (r == 0)
		return;
	if (r == UB_NOMEM)
		strerr_dief(111, "out of memory");
	free(q);
	fn(arg, "the resolver library does not take it", 0, MX_INSECURE);
}

static unsigned int
add_port(uint16_t *port, unsigned int n, unsigned int max, const char *at)
{
	unsigned long v = strtoul(at + 1, NULL, 10);
	unsigned int i;

	for (i = 0; i < n; i++)
		if (port[i] == v)
			return n;
	if (n < max)
		port[n++] = (uint16_t)v;
	return n;
}

unsigned int
resolver_ports(const struct policy_dns *p, uint16_t *port, unsigned int max)
{
	const char *at;
	unsigned int n;

	n = add_port(port, 0, max, "@53");
	for (at = p->forwarders; (at = strchr(at, '@')); at++)
		n = add_port(port, n, max, at);
	for (at = p->stubs; (at = strchr(at, '@')); at++)
		n = add_port(port, n, max, at);
	return n;
}
