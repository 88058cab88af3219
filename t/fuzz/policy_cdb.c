/*
 * A policy.cdb from a stranger: opening it and asking it must not read outside
 * of it.  The same octets are also taken as each kind of record; one that the
 * reader takes must come out as it went in.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/policy.h"
#include "common/policyfmt.h"
#include "common/streamrule.h"
#include "common/table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const char *const domains[] = { "example.com", "a.b.example.com",
	"x.example.com", "", "*", "....", "example.net" };

static volatile uint8_t sink;

/* Reads every octet, so that one outside is seen. */
static void
touch(const void *p, size_t n)
{
	const uint8_t *s = p;
	size_t i;

	for (i = 0; i < n; i++)
		sink ^= s[i];
}

static void
check_route(const struct policy_route *r)
{
	if (r->n > POLICY_ADDRMAX || strlen(r->name) > POLICY_NAMEMAX)
		abort();
}

/* A name that was found must be one. */
static void
check_name(int found, const char *name)
{
	if (strlen(name) > POLICY_LABELMAX || (found != 0) != (*name != '\0'))
		abort();
}

static void
ask_who(const struct policy *p, const char *domain)
{
	static const char *const hosts[] = { "a.b.example.com",
		"mx.example.com" };
	static const struct policy_ip addr[] = { { 4, { 192, 0, 2, 1 } },
		{ 6, { 0x20, 1, 0xd, 0xb8 } } };
	struct policy_mx m = { domain, strlen(domain), 2, hosts, 2, addr };
	char name[POLICY_LABELMAX + 1], why[POLICY_WHYMAX + 1], sender[300];
	int found;

	found = policy_provider_why(p, &m, name, why);
	check_name(found, name);
	if (strlen(why) > POLICY_WHYMAX || (found != 0) != (*why != '\0'))
		abort();
	m.nhost = 0;
	m.naddr = 1;
	check_name(policy_provider(p, &m, name), name);
	m.addr++;
	check_name(policy_provider(p, &m, name), name);
	check_name(policy_provider_named(p, domain, name), name);
	snprintf(sender, sizeof sender, "a@%s", domain);
	check_name(policy_choose(p, "bulk", "t", sender, name), name);
	check_name(policy_choose(p, "", "", "", name), name);
}

static void
ask_names(const struct policy *p)
{
	static const char *const names[] = { "p", "r", "t", "*", "" };
	static struct policy_vroute r;
	static struct policy_warmup u;
	struct policy_share s;
	size_t i;

	if (policy_warmup(p, "r", "p", "192.0.2.1", &u) &&
	    (!u.n || u.n > POLICY_WARMDAYS ||
		u.quota[u.n - 1] > POLICY_QUOTAMAX))
		abort();
	for (i = 0; i < sizeof names / sizeof *names; i++) {
		if (policy_vroute(p, names[i], &r) == 1 &&
		    (!r.n || r.n > POLICY_SOURCEMAX ||
			!r.source[r.n - 1].weight))
			abort();
		policy_share(p, 't', names[i], strlen(names[i]), &s);
		policy_share(p, 'c', names[i], strlen(names[i]), &s);
	}
}

static void
ask(const struct policy *p)
{
	struct policy_where w = { .route = "r", .provider = "p" };
	struct policy_limits l;
	struct policy_route r;
	struct policy_queue q;
	struct policy_retry t;
	struct policy_stream s[POLICY_STREAMMAX];
	struct policy_node n;
	unsigned int streams = policy_streams(p, s);
	struct streamrule_set *rules = policy_matches(p);
	size_t i;

	if (!streams || streams > POLICY_STREAMMAX || !*s[streams - 1].name)
		abort();
	if (!rules || rules->n > STREAMRULE_MAX)
		abort();
	streamrule_unref(rules);
	policy_queue(p, &q);
	policy_retry(p, &t);
	policy_node(p, &n);
	if (t.n > POLICY_RETRYMAX || !t.then || !q.clients || !*n.hostname)
		abort();
	for (i = 0; i < sizeof domains / sizeof *domains; i++) {
		w.domain = domains[i];
		w.len = strlen(domains[i]);
		policy_limits(p, &w, &l);
		if (!l.connections || l.backoff_min > l.backoff_max)
			abort();
		if (policy_route(p, domains[i], strlen(domains[i]), &r) == 1)
			check_route(&r);
		ask_who(p, domains[i]);
	}
	ask_names(p);
}

/* Of this version, whichever the corpus was made for, and sealed; n + TABLE_SEAL
 * octets. */
static uint8_t *
renew(const uint8_t *data, size_t n)
{
	static const uint8_t magic[] = { 'd', 'r', 'a', 'y', 'p', 'o', 'l',
		'y' };
	uint8_t *d = malloc(n + TABLE_SEAL), *at;

	if (!d)
		abort();
	memcpy(d, data, n);
	at = memmem(d, n, magic, sizeof magic);
	if (at && at + sizeof magic < d + n)
		at[sizeof magic] = POLICY_VERSION;
	table_seal(d + n, d, n);
	return d;
}

static void
as_file(const uint8_t *octets, size_t n)
{
	uint8_t *data = renew(octets, n);
	static const char *const keys[] = { "policy", "node", "s:*",
		"s:example.com", "x", "x:", "" };
	int fd = memfd_create("policy.cdb", MFD_CLOEXEC);
	struct policy p;
	struct table *t;
	const void *found;
	char path[64];
	size_t i, len;

	n += TABLE_SEAL;
	if (fd == -1 || write(fd, data, n) != (ssize_t)n)
		abort();
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	t = table_open(path);
	for (i = 0; t && i < sizeof keys / sizeof *keys; i++)
		if (table_find(t, keys[i], strlen(keys[i]), &found, &len) == 1)
			touch(found, len);
	table_close(t);
	if (policy_open(&p, path) == 0) {
		ask(&p);
		policy_close(&p);
	}
	close(fd);
	free(data);
}

static void
same(const struct policyfmt_buf *d, const uint8_t *data, size_t n)
{
	if (d->n != n || memcmp(d->s, data, n))
		abort();
}

/* The mask of which keys a record has. */
static uint64_t
first_number(const uint8_t *s)
{
	uint64_t v = 0;
	int i;

	for (i = 7; i >= 0; i--)
		v = v << 8 | s[i];
	return v;
}

/* What each record holds, and how it is written again. */
static void
as_record(int kind, const uint8_t *data, size_t n)
{
	static struct policyfmt_buf d;
	union {
		struct policyfmt_head head;
		struct policy_node node;
		struct policy_queue queue;
		struct policy_retry retry;
		struct policy_limits limits;
		struct policy_route route;
		struct policy_notices notices;
		struct policy_dns dns;
		struct policy_stream streams[POLICY_STREAMMAX];
		struct policy_vroute vroute;
		struct policy_total total;
		struct policy_share share;
	} u;
	int count;

	memset(&u, 0, sizeof u);
	d.n = 0;
	if (kind == 0 && !policyfmt_unpack_head(data, n, &u.head))
		policyfmt_pack_head(&d, &u.head);
	else if (kind == 1 && !policyfmt_unpack_node(data, n, &u.node))
		policyfmt_pack_node(&d, &u.node);
	else if (kind == 2 && !policyfmt_unpack_queue(data, n, &u.queue))
		policyfmt_pack_queue(&d, &u.queue);
	else if (kind == 3 && !policyfmt_unpack_retry(data, n, &u.retry))
		policyfmt_pack_retry(&d, &u.retry);
	else if (kind == 4 && !policyfmt_unpack_limits(data, n, &u.limits))
		policyfmt_pack_limits(&d, first_number(data), &u.limits);
	else if (kind == 5 && !policyfmt_unpack_route(data, n, &u.route))
		policyfmt_pack_route(&d, &u.route);
	else if (kind == 6 && !policyfmt_unpack_notices(data, n, &u.notices))
		policyfmt_pack_notices(&d, &u.notices);
	else if (kind == 7 && !policyfmt_unpack_dns(data, n, &u.dns))
		policyfmt_pack_dns(&d, &u.dns);
	else if (kind == 8 &&
	    (count = policyfmt_unpack_streams(data, n, u.streams)) > 0)
		policyfmt_pack_streams(&d, u.streams, (unsigned int)count);
	else if (kind == 9 && !policyfmt_unpack_vroute(data, n, &u.vroute))
		policyfmt_pack_vroute(&d, &u.vroute);
	else if (kind == 10 && !policyfmt_unpack_total(data, n, &u.total))
		policyfmt_pack_total(&d, first_number(data), &u.total);
	else if (kind == 11 && !policyfmt_unpack_share(data, n, &u.share))
		policyfmt_pack_share(&d, first_number(data), &u.share);
	else
		return;
	same(&d, data, n);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	int kind;

	for (kind = 0; kind < 12; kind++)
		as_record(kind, data, n);
	as_file(data, n);
	return 0;
}
