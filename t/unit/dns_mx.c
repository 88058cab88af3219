/*
 * dray-dns: from DNS messages to where mail goes.  Each case has a zone, from
 * which a small server makes messages, and says what is to come out.
 *
 * A line of a zone is: name, ttl, type, data.  Instead of data: !SERVFAIL,
 * !NXDOMAIN, !BOGUS, !CUT (half a message), !OTHER (an answer about another
 *  name), !NOTHING,
 * !EMPTY (no data, and no SOA record).  An asterisk behind the ttl: it was validated.
 */
#include <arpa/inet.h>
#include <stdlib.h>

#include "cmd/dray-dns/mx.h"
#include "common/field.h"
#include "t/lib/tap.h"

struct message {
	unsigned char s[65536];
	size_t n;
	enum mx_trust trust;
};

/* One line of a zone, taken apart. */
struct line {
	char name[256];
	unsigned long ttl;
	int secure;
	char type[16];
	char data[512];
};

static void
put(struct message *m, unsigned long v, int octets)
{
	while (octets-- > 0)
		m->s[m->n++] = (unsigned char)(v >> 8 * octets);
}

static void
put_name(struct message *m, const char *s)
{
	size_t n;

	if (!strcmp(s, "."))
		s = "";
	while (*s) {
		n = strcspn(s, ".");
		put(m, n, 1);
		memcpy(m->s + m->n, s, n);
		m->n += n;
		s += n + (s[n] == '.');
	}
	put(m, 0, 1);
}

static int
type_of(const char *s)
{
	static const struct {
		const char *name;
		int type;
	} types[] = { { "A", 1 }, { "CNAME", 5 }, { "MX", 15 }, { "AAAA", 28 },
		{ "TXT", 16 } };
	size_t i;

	for (i = 0; i < sizeof types / sizeof *types; i++)
		if (!strcmp(types[i].name, s))
			return types[i].type;
	return 0;
}

static void
put_data(struct message *m, const struct line *l)
{
	char *end;

	switch (type_of(l->type)) {
	case DNSMSG_A:
		inet_pton(AF_INET, l->data, m->s + m->n);
		m->n += 4;
		break;
	case DNSMSG_AAAA:
		inet_pton(AF_INET6, l->data, m->s + m->n);
		m->n += 16;
		break;
	case DNSMSG_MX:
		put(m, strtoul(l->data, &end, 10), 2);
		put_name(m, end + 1);
		break;
	case DNSMSG_CNAME:
		put_name(m, l->data);
	}
}

static void
put_record(struct message *m, const struct line *l)
{
	size_t at;

	put_name(m, l->name);
	put(m, (unsigned long)type_of(l->type), 2);
	put(m, 1, 2);
	put(m, l->ttl, 4);
	at = m->n;
	put(m, 0, 2);
	put_data(m, l);
	m->s[at] = (unsigned char)((m->n - at - 2) >> 8);
	m->s[at + 1] = (unsigned char)(m->n - at - 2);
}

/* ttl 400, and no longer than 120 seconds for what is not there */
static void
put_soa(struct message *m)
{
	put_name(m, "test");
	put(m, DNSMSG_SOA, 2);
	put(m, 1, 2);
	put(m, 400, 4);
	put(m, 22, 2);
	put_name(m, "");
	put_name(m, "");
	put(m, 1, 4);
	put(m, 2, 4);
	put(m, 3, 4);
	put(m, 4, 4);
	put(m, 120, 4);
}

/* The next line; the rest of the zone, or NULL. */
static const char *
next(const char *zone, struct line *l)
{
	char ttl[16];
	int n = 0;

	if (!*zone ||
	    sscanf(zone, "%255s %15s %15s %511[^\n]\n%n", l->name, ttl, l->type,
		l->data, &n) != 4)
		return NULL;
	l->ttl = strtoul(ttl, NULL, 10);
	l->secure = strchr(ttl, '*') != NULL;
	return zone + n;
}

struct server {
	const char *zone;
	struct message m;
	unsigned int answers;
	int secure;
	int known; /* the name */
};

/* Adds what is there for a name, the CNAMEs on the way too. */
static void
collect(struct server *s, const char *name, const char *type, int depth)
{
	const char *z = s->zone;
	struct line l;

	s->known = 0;
	while ((z = next(z, &l))) {
		if (strcmp(l.name, name) != 0)
			continue;
		s->known = 1;
		if (*l.data == '!' ||
		    (strcmp(l.type, type) != 0 && strcmp(l.type, "CNAME") != 0))
			continue;
		put_record(&s->m, &l);
		s->answers++;
		s->secure &= l.secure;
		if (!strcmp(l.type, "CNAME") && depth < 40) {
			collect(s, l.data, type, depth + 1);
			return;
		}
	}
}

/* A line with ! in it for this question, or NULL. */
static const char *
trouble(const char *zone, const char *name, const char *type)
{
	static struct line l;

	while ((zone = next(zone, &l)))
		if (!strcmp(l.name, name) && !strcmp(l.type, type) &&
		    *l.data == '!')
			return l.data + 1;
	return NULL;
}

/* The answer to one question. */
static struct message *
serve(const char *zone, const char *name, const char *type)
{
	static struct server s;
	const char *t = trouble(zone, name, type);
	int rcode = 0;

	memset(&s, 0, sizeof s);
	s.zone = zone;
	s.secure = 1;
	s.m.n = 12;
	put_name(&s.m, t && !strcmp(t, "OTHER") ? "other.test" : name);
	put(&s.m, (unsigned long)type_of(type), 2);
	put(&s.m, 1, 2);
	if (!t || strcmp(t, "NXDOMAIN") != 0)
		collect(&s, name, type, 0);
	if (t && !strcmp(t, "SERVFAIL"))
		rcode = 2;
	else if (!s.known)
		rcode = 3;
	if (!t || strcmp(t, "EMPTY") != 0)
		put_soa(&s.m);
	s.m.s[2] = 0x81;
	s.m.s[3] = (unsigned char)rcode;
	s.m.s[5] = 1;
	s.m.s[6] = (unsigned char)(s.answers >> 8);
	s.m.s[7] = (unsigned char)s.answers;
	s.m.s[9] = !t || strcmp(t, "EMPTY") != 0;
	s.m.trust = s.secure && s.answers ? MX_SECURE : MX_INSECURE;
	if (t && !strcmp(t, "BOGUS"))
		s.m.trust = MX_BOGUS;
	if (t && !strcmp(t, "CUT"))
		s.m.n /= 2;
	if (t && !strcmp(t, "NOTHING"))
		s.m.n = 0;
	return &s.m;
}

static void
addrs(char *d, size_t size, const struct mx_addrs *a, int family)
{
	char ip[64];
	unsigned int i;

	for (i = 0; i < a->n; i++) {
		inet_ntop(family, a->ip[i], ip, sizeof ip);
		snprintf(d + strlen(d), size - strlen(d), " %s", ip);
	}
}

static const char *
show(const struct mx *m)
{
	static const char *const verdicts[] = { "OK", "NULLMX", "NODOMAIN",
		"NOHOST", "NOADDR", "TEMP" };
	static char d[65536];
	unsigned int i;
	size_t n;

	snprintf(
	    d, sizeof d, "%s %u", verdicts[m->verdict], (unsigned int)m->ttl);
	for (i = 0; i < m->n; i++) {
		n = strlen(d);
		snprintf(d + n, sizeof d - n, " / %u%s%s %s",
		    m->host[i].preference, m->implicit ? "!" : "",
		    m->secure && m->host[i].v4.secure ? "*" : "",
		    m->host[i].name);
		addrs(d, sizeof d, &m->host[i].v4, AF_INET);
		addrs(d, sizeof d, &m->host[i].v6, AF_INET6);
	}
	return d;
}

/* What dray-dns does, without waiting. */
static const char *
resolve(const char *zone, const char *domain)
{
	static char d[65536];
	struct message *a;
	struct mx m;
	unsigned int i;

	mx_start(&m, domain);
	a = serve(zone, domain, "MX");
	if (mx_hosts(&m, a->s, a->n, a->trust)) {
		for (i = 0; i < m.n; i++) {
			a = serve(zone, m.host[i].name, "A");
			mx_addrs(&m.host[i].v4, m.host[i].name, 4, a->s, a->n,
			    a->trust);
			a = serve(zone, m.host[i].name, "AAAA");
			mx_addrs(&m.host[i].v6, m.host[i].name, 6, a->s, a->n,
			    a->trust);
		}
		mx_finish(&m);
	}
	snprintf(d, sizeof d, "%s", show(&m));
	ok(!*m.text == (m.verdict == DNS_OK), "there is text if it is not OK");
	mx_free(&m);
	return d;
}

#define A " 300 A 192.0.2."
#define DOMAIN "d.test"

/* clang-format off */
static const struct {
	const char *name, *zone, *want;
} cases[] = {
{ "one host, both families",
  "d.test 300 MX 10 a.test\na.test 200 A 192.0.2.1\na.test 100 AAAA 2001:db8::1\n",
  "OK 100 / 10 a.test 192.0.2.1 2001:db8::1" },
{ "by preference, then by name",
  "d.test 300 MX 20 b.test\nd.test 300 MX 10 z.test\nd.test 300 MX 20 a.test\n"
  "a.test" A "1\nb.test" A "2\nz.test" A "3\n",
  "OK 120 / 10 z.test 192.0.2.3 / 20 a.test 192.0.2.1 / 20 b.test 192.0.2.2" },
{ "nothing at all, but an address", "d.test 300 MX !EMPTY\nd.test" A "1\n",
  "OK 30 / 0! d.test 192.0.2.1" },
{ "nothing at all", "d.test 300 MX !EMPTY\nd.test 300 A !EMPTY\nd.test 300 AAAA !EMPTY\n", "TEMP 10" },
{ "nothing at all of one family", "d.test 300 MX 1 a.test\na.test 300 A !EMPTY\n", "TEMP 10" },
{ "a better host with nothing at all is left out",
  "d.test 300 MX 1 a.test\nd.test 300 MX 2 b.test\na.test 300 A !EMPTY\nb.test" A "2\n",
  "OK 30 / 2 b.test 192.0.2.2" },
{ "several addresses, one of them twice",
  "d.test 300 MX 1 a.test\na.test" A "2\na.test" A "1\na.test" A "2\n",
  "OK 120 / 1 a.test 192.0.2.2 192.0.2.1" },
{ "a host twice counts with its best preference",
  "d.test 300 MX 20 a.test\nd.test 300 MX 10 a.test\nd.test 300 MX 15 b.test\n"
  "a.test" A "1\nb.test" A "2\n",
  "OK 120 / 10 a.test 192.0.2.1 / 15 b.test 192.0.2.2" },
{ "upper case is lower case", "d.test 300 MX 10 A.Test\na.test" A "1\n",
  "OK 120 / 10 a.test 192.0.2.1" },
{ "null MX", "d.test 300 MX 0 .\n", "NULLMX 300" },
{ "null MX with another preference", "d.test 300 MX 10 .\n", "NULLMX 300" },
{ "null MX among others is ignored",
  "d.test 300 MX 0 .\nd.test 300 MX 10 a.test\na.test" A "1\n",
  "OK 120 / 10 a.test 192.0.2.1" },
{ "two null MX are no null MX", "d.test 300 MX 0 .\nd.test 300 MX 1 .\n", "NOADDR 300" },
{ "null MX is cached no longer than other refusals", "d.test 99999 MX 0 .\n", "NULLMX 3600" },
{ "an address literal", "d.test 300 MX 10 192.0.2.9\n", "NOADDR 300" },
{ "an address literal among others",
  "d.test 300 MX 10 192.0.2.9\nd.test 300 MX 20 a.test\na.test" A "1\n",
  "OK 120 / 20 a.test 192.0.2.1" },
{ "names that are no host names",
  "d.test 300 MX 1 a!b.test\nd.test 300 MX 2 [192.0.2.1]\nd.test 300 MX 3 a.test\na.test" A "1\n",
  "OK 120 / 3 a.test 192.0.2.1" },
{ "an underscore is tolerated", "d.test 300 MX 1 a_b.test\na_b.test" A "1\n",
  "OK 120 / 1 a_b.test 192.0.2.1" },
{ "no domain", "e.test" A "1\n", "NODOMAIN 120" },
{ "implicit MX", "d.test" A "1\nd.test 300 AAAA ::1\n", "OK 120 / 0! d.test 192.0.2.1 ::1" },
{ "neither MX nor address", "d.test 300 TXT x\n", "NOHOST 120" },
{ "no implicit MX when MX records lead nowhere",
  "d.test 300 MX 10 a.test\nd.test" A "1\n", "NOADDR 120" },
{ "no implicit MX after SERVFAIL", "d.test 300 MX !SERVFAIL\nd.test" A "1\n", "TEMP 10" },
{ "nor after what does not validate", "d.test 300 MX !BOGUS\nd.test" A "1\n", "TEMP 10" },
{ "nor after nonsense", "d.test 300 MX !CUT\nd.test" A "1\n", "TEMP 10" },
{ "nor after an answer about another name", "d.test 300 MX !OTHER\nd.test" A "1\n", "TEMP 10" },
{ "nor after silence", "d.test 300 MX !NOTHING\nd.test" A "1\n", "TEMP 10" },
{ "no usable answer for an implicit MX", "d.test 300 A !SERVFAIL\n", "TEMP 10" },
{ "one family is enough", "d.test 300 MX 10 a.test\na.test" A "1\na.test 300 AAAA !SERVFAIL\n",
  "OK 10 / 10 a.test 192.0.2.1" },
{ "the other one too", "d.test 300 MX 10 a.test\na.test 300 A !BOGUS\na.test 300 AAAA ::2\n",
  "OK 10 / 10 a.test ::2" },
{ "one family is not there, the other in doubt",
  "d.test 300 MX 10 a.test\na.test 300 AAAA !SERVFAIL\n", "TEMP 10" },
{ "a better host in doubt",
  "d.test 300 MX 10 a.test\nd.test 300 MX 20 b.test\na.test 300 A !SERVFAIL\nb.test" A "2\n",
  "TEMP 10" },
{ "a worse host in doubt is left out",
  "d.test 300 MX 20 a.test\nd.test 300 MX 10 b.test\na.test 300 A !SERVFAIL\nb.test" A "2\n",
  "OK 10 / 10 b.test 192.0.2.2" },
{ "so is one of the same preference",
  "d.test 300 MX 10 a.test\nd.test 300 MX 10 b.test\na.test 300 A !SERVFAIL\nb.test" A "2\n",
  "OK 10 / 10 b.test 192.0.2.2" },
{ "a better host without addresses is left out",
  "d.test 300 MX 10 a.test\nd.test 300 MX 20 b.test\nb.test" A "2\n",
  "OK 120 / 20 b.test 192.0.2.2" },
{ "nobody has an address", "d.test 300 MX 10 a.test\nd.test 300 MX 20 b.test\nb.test 300 TXT x\n",
  "NOADDR 120" },
{ "one has none, the other is in doubt",
  "d.test 300 MX 10 a.test\nd.test 300 MX 20 b.test\nb.test 300 A !CUT\n", "TEMP 10" },
{ "a host by CNAME", "d.test 300 MX 10 a.test\na.test 50 CNAME b.test\nb.test" A "2\n",
  "OK 50 / 10 a.test 192.0.2.2" },
{ "the domain by CNAME", "d.test 50 CNAME e.test\ne.test 300 MX 10 a.test\na.test" A "1\n",
  "OK 50 / 10 a.test 192.0.2.1" },
{ "a CNAME to what has no MX", "d.test 50 CNAME e.test\ne.test" A "1\n",
  "OK 50 / 0! d.test 192.0.2.1" },
{ "a CNAME to nowhere", "d.test 50 CNAME e.test\n", "NODOMAIN 50" },
{ "a CNAME to itself", "d.test 50 CNAME d.test\n", "TEMP 10" },
{ "a circle", "d.test 50 CNAME e.test\ne.test 50 CNAME d.test\n", "TEMP 10" },
{ "a circle behind a host", "d.test 50 MX 10 a.test\na.test 50 CNAME a.test\n", "TEMP 10" },
{ "all validated", "d.test 300* MX 10 a.test\na.test 300* A 192.0.2.1\na.test 300* AAAA ::1\n",
  "OK 300 / 10* a.test 192.0.2.1 ::1" },
{ "MX validated, addresses not", "d.test 300* MX 10 a.test\na.test 300 A 192.0.2.1\na.test 300 AAAA ::1\n",
  "OK 300 / 10 a.test 192.0.2.1 ::1" },
{ "addresses validated, MX not", "d.test 300 MX 10 a.test\na.test 300* A 192.0.2.1\na.test 300* AAAA ::1\n",
  "OK 300 / 10 a.test 192.0.2.1 ::1" },
{ "a ttl of 0", "d.test 0 MX 10 a.test\na.test" A "1\n", "OK 1 / 10 a.test 192.0.2.1" },
{ "a ttl without end", "d.test 4000000000 MX 0 .\n", "NULLMX 1" },
};
/* clang-format on */

static void
table(void)
{
	size_t i;

	for (i = 0; i < sizeof cases / sizeof *cases; i++)
		is_str(resolve(cases[i].zone, DOMAIN), cases[i].want,
		    cases[i].name);
}

/* More than the bounds. */
static void
many_hosts(void)
{
	static char zone[65536];
	const char *got;
	size_t n = 0;
	int i;

	for (i = 0; i < 200; i++)
		n += (size_t)snprintf(zone + n, sizeof zone - n,
		    "d.test 300 MX %d h%03d.test\nh%03d.test 300 A 192.0.2.1\n",
		    1000 - i, i, i);
	got = resolve(zone, DOMAIN);
	ok(!strncmp(
	       got, "OK 120 / 801 h199.test 192.0.2.1 / 802 h198.test", 45),
	    "of many hosts the best");
	ok(strstr(got, " / 832 h168.test") && !strstr(got, "h167"),
	    "and no more than 32");
}

static void
many_addresses(void)
{
	static char zone[65536];
	size_t n, v4, v6;
	struct message *m;
	struct mx_host h;
	struct mx mx;

	for (v4 = 0; v4 <= 20; v4 += 4) {
		for (v6 = 0; v6 <= 20; v6 += 4) {
			n = (size_t)snprintf(
			    zone, sizeof zone, "d.test 300 MX 1 a.test\n");
			for (size_t i = 0; i < v4; i++)
				n += (size_t)snprintf(zone + n, sizeof zone - n,
				    "a.test 300 A 192.0.2.%zu\n", i);
			for (size_t i = 0; i < v6; i++)
				n += (size_t)snprintf(zone + n, sizeof zone - n,
				    "a.test 300 AAAA 2001:db8::%zu\n", i);
			mx_start(&mx, DOMAIN);
			m = serve(zone, DOMAIN, "MX");
			mx_hosts(&mx, m->s, m->n, m->trust);
			m = serve(zone, "a.test", "A");
			mx_addrs(&mx.host->v4, "a.test", 4, m->s, m->n, 0);
			m = serve(zone, "a.test", "AAAA");
			mx_addrs(&mx.host->v6, "a.test", 6, m->s, m->n, 0);
			mx_finish(&mx);
			if (mx.n)
				h = mx.host[0];
			else
				memset(&h, 0, sizeof h);
			ok(h.v4.n + h.v6.n == (v4 + v6 > 16 ? 16 : v4 + v6) &&
				(h.v4.n == v4 || h.v4.n >= 8) &&
				(h.v6.n == v6 || h.v6.n >= 8),
			    "the families share the room");
			mx_free(&mx);
		}
	}
}

static void
names(void)
{
	char s[300];
	size_t i;

	memset(s, 'a', sizeof s);
	for (i = 50; i < sizeof s; i += 50)
		s[i] = '.';
	ok(dnsmsg_isname(s, 253), "253 octets");
	ok(!dnsmsg_isname(s, 254), "254 octets");
	memset(s, 'a', sizeof s);
	ok(dnsmsg_isname(s, 63), "a label of 63");
	ok(!dnsmsg_isname(s, 64), "a label of 64");
	ok(!dnsmsg_isname("", 0), "the root");
	ok(!dnsmsg_isname("a..b", 4), "an empty label");
	ok(!dnsmsg_isname(".a", 2), "a dot first");
	ok(!dnsmsg_isname("a.", 2), "a dot last");
	ok(!dnsmsg_isname("a b", 3), "a blank");
	ok(!dnsmsg_isname("a\0b", 3), "a zero octet");
	ok(!dnsmsg_isname("\303\244.test", 7), "not ASCII");
	ok(!dnsmsg_isname("A.test", 6), "upper case");
	ok(dnsmsg_isname("xn--4ca.test", 12), "an A-label");
}

/* Pointers in names that lead forwards, to themselves, nowhere. */
static void
pointers(void)
{
	struct message *m = serve("d.test 300 MX 10 a.test\n", DOMAIN, "MX");
	struct dnsmsg d;
	size_t owner = 12 + 8 + 4, i;
	static const unsigned int to[] = { 0, 12, 13, 24, 25, 100, 16383 };

	is_int(dnsmsg_open(&d, m->s, m->n, DOMAIN, DNSMSG_MX), DNSMSG_DATA,
	    "a message as it should be");
	for (i = 0; i < sizeof to / sizeof *to; i++) {
		m->s[owner] = (unsigned char)(192 | to[i] >> 8);
		m->s[owner + 1] = (unsigned char)to[i];
		ok(dnsmsg_open(&d, m->s, m->n, DOMAIN, DNSMSG_MX) !=
			DNSMSG_DATA,
		    "a pointer that does not fit");
	}
	m = serve("d.test 300 MX 10 a.test\n", DOMAIN, "MX");
	for (i = 0; i < m->n; i++)
		(void)dnsmsg_open(&d, m->s, i, DOMAIN, DNSMSG_MX);
	m->s[2] |= 2;
	is_int(dnsmsg_open(&d, m->s, m->n, DOMAIN, DNSMSG_MX), DNSMSG_BAD,
	    "a message that was truncated");
	m->s[2] = 1;
	is_int(dnsmsg_open(&d, m->s, m->n, DOMAIN, DNSMSG_MX), DNSMSG_BAD,
	    "a question is no answer");
}

/* HERE, as dnsproto.h has it. */
static void
frame(void)
{
	stralloc sa = STRALLOC_ZERO;
	struct mx m;
	struct field r;
	size_t n;

	mx_start(&m, DOMAIN);
	mx_fail(&m, "a\nb\377");
	mx_put(&m, &sa);
	field_start(&r, sa.s, sa.len);
	is_int(field_getu8(&r), DNS_TEMP, "the verdict");
	is_int(field_getu32(&r), MX_TEMPTTL, "the ttl");
	ok(!memcmp(field_getstr(&r, DNS_TEXTMAX, &n), "a?b?", 4), "the text");
	is_int(field_getu8(&r), 0, "no hosts");
	ok(field_end(&r), "and nothing else");
	stralloc_free(&sa);
}

int
main(void)
{
	table();
	many_hosts();
	many_addresses();
	names();
	pointers();
	frame();
	return done_testing();
}
