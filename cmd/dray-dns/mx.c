#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/dray-dns/mx.h"
#include "common/chars.h"
#include "common/field.h"
#include "common/mem.h"

/* What of the MX records is worth a look, the best first. */
struct records {
	unsigned int seen; /* all of them */
	unsigned int roots; /* those that name the root */
	unsigned int n;
	struct {
		uint16_t preference;
		char name[DNSMSG_TEXTMAX];
	} r[DNS_HOSTSMAX];
};

void
mx_start(struct mx *m, const char *domain)
{
	memset(m, 0, sizeof *m);
	snprintf(m->domain, sizeof m->domain, "%s", domain);
	m->ttl = MX_TTLMAX;
}

void
mx_free(struct mx *m)
{
	free(m->host);
	m->host = NULL;
	m->n = 0;
}

static void
use_ttl(struct mx *m, uint32_t ttl)
{
	if (ttl < m->ttl)
		m->ttl = ttl ? ttl : 1;
}

/* The text goes into logs: whatever the library quotes in it, it stays one
 * line of printable ASCII. */
static void
verdict(struct mx *m, unsigned int v, const char *text)
{
	m->verdict = v;
	snprintf(m->text, sizeof m->text, "%s", text);
	chars_mask(m->text);
	if (v == DNS_TEMP)
		use_ttl(m, MX_TEMPTTL);
	else if (v != DNS_OK)
		use_ttl(m, MX_NEGMAX);
	if (v != DNS_OK)
		mx_free(m);
}

void
mx_fail(struct mx *m, const char *text)
{
	verdict(m, DNS_TEMP, text);
}

/* 192.0.2.1 and the like: no top level domain is a number. */
static int
is_literal(const char *name)
{
	const char *last = strrchr(name, '.');

	last = last ? last + 1 : name;
	return last[strspn(last, "0123456789")] == '\0';
}

static int
before(uint16_t preference, const char *name, const struct records *l,
    unsigned int i)
{
	if (preference != l->r[i].preference)
		return preference < l->r[i].preference;
	return strcmp(name, l->r[i].name) < 0;
}

static void
forget(struct records *l, unsigned int i)
{
	l->n--;
	memmove(&l->r[i], &l->r[i + 1], (l->n - i) * sizeof l->r[i]);
}

/* Inserts in order; what falls off at the end was the least preferred. */
static void
insert(struct records *l, uint16_t preference, const char *name)
{
	unsigned int i, at;

	for (i = 0; i < l->n; i++)
		if (!strcmp(l->r[i].name, name))
			break;
	if (i < l->n) {
		if (l->r[i].preference <= preference)
			return;
		forget(l, i);
	}
	for (at = 0; at < l->n && !before(preference, name, l, at); at++)
		;
	if (at == DNS_HOSTSMAX)
		return;
	if (l->n == DNS_HOSTSMAX)
		l->n--;
	memmove(&l->r[at + 1], &l->r[at], (l->n - at) * sizeof l->r[at]);
	l->n++;
	l->r[at].preference = preference;
	snprintf(l->r[at].name, sizeof l->r[at].name, "%s", name);
}

static void
take_records(struct dnsmsg *d, struct records *l)
{
	char name[DNSMSG_TEXTMAX];
	struct dnsmsg_rr rr;

	memset(l, 0, sizeof *l);
	while (dnsmsg_next(d, &rr)) {
		l->seen++;
		if (rr.end - rr.data < 3 ||
		    dnsmsg_name(d, rr.data + 2, rr.end, name) != rr.end)
			continue;
		if (!*name)
			l->roots++;
		else if (*name != '?' && !is_literal(name))
			insert(l,
			    (uint16_t)(d->s[rr.data] << 8 | d->s[rr.data + 1]),
			    name);
	}
}

static void
set_hosts(struct mx *m, const struct records *l)
{
	unsigned int i;

	m->n = l->n;
	m->host = mem_array(m->n, sizeof *m->host);
	for (i = 0; i < l->n; i++) {
		m->host[i].preference = l->r[i].preference;
		memcpy(m->host[i].name, l->r[i].name, sizeof l->r[i].name);
	}
}

static int explicit(struct mx *m, struct dnsmsg *d)
{
	struct records l;

	take_records(d, &l);
	if (l.n) {
		set_hosts(m, &l);
		return 1;
	}
	if (l.seen == 1 && l.roots == 1)
		verdict(m, DNS_NULLMX, "the domain takes no mail (null MX)");
	else
		verdict(m, DNS_NOADDR, "no MX record names a host");
	return 0;
}

static int
implicit(struct mx *m)
{
	m->implicit = 1;
	m->n = 1;
	m->host = mem_array(1, sizeof *m->host);
	snprintf(m->host->name, sizeof m->host->name, "%s", m->domain);
	return 1;
}

/* What is wrong with a message from which nothing can be learnt. */
static const char *
why(const void *msg, size_t len)
{
	if (len)
		return "an answer that makes no sense";
	return msg ? msg : "no answer";
}

int
mx_hosts(struct mx *m, const void *msg, size_t len, enum mx_trust trust)
{
	enum dnsmsg_kind kind = DNSMSG_BAD;
	char text[DNS_TEXTMAX + 1];
	struct dnsmsg d;

	if (len && trust != MX_BOGUS)
		kind = dnsmsg_open(&d, msg, len, m->domain, DNSMSG_MX);
	if (kind == DNSMSG_BAD) {
		snprintf(text, sizeof text, "MX of %.100s: %s", m->domain,
		    trust == MX_BOGUS && len ? "does not validate"
					     : why(msg, len));
		verdict(m, DNS_TEMP, text);
		return 0;
	}
	m->secure = trust == MX_SECURE;
	use_ttl(m, d.ttl);
	if (kind == DNSMSG_DATA)
		return explicit(m, &d);
	m->empty = kind == DNSMSG_EMPTY;
	if (kind != DNSMSG_NXDOMAIN)
		return implicit(m);
	verdict(m, DNS_NODOMAIN, "there is no such domain");
	return 0;
}

static int
is_there(const struct mx_addrs *a, const unsigned char *ip, size_t len)
{
	unsigned int i;

	for (i = 0; i < a->n; i++)
		if (!memcmp(a->ip[i], ip, len))
			return 1;
	return 0;
}

void
mx_addrs(struct mx_addrs *a, const char *name, int family, const void *msg,
    size_t len, enum mx_trust trust)
{
	size_t want = family == 6 ? 16 : 4;
	struct dnsmsg_rr rr;
	struct dnsmsg d;

	memset(a, 0, sizeof *a);
	a->kind = DNSMSG_BAD;
	if (!len || trust == MX_BOGUS)
		return;
	a->kind = dnsmsg_open(
	    &d, msg, len, name, family == 6 ? DNSMSG_AAAA : DNSMSG_A);
	if (a->kind == DNSMSG_BAD)
		return;
	a->secure = trust == MX_SECURE;
	a->ttl = d.ttl;
	while (a->n < DNS_ADDRSMAX && dnsmsg_next(&d, &rr))
		if (rr.end - rr.data == want &&
		    !is_there(a, d.s + rr.data, want))
			memcpy(a->ip[a->n++], d.s + rr.data, want);
	if (a->kind == DNSMSG_DATA && !a->n)
		a->kind = DNSMSG_BAD;
}

/* Both families share the room: each may have half, and what the other does
 * not need. */
static void
share(struct mx_host *h)
{
	unsigned int half = DNS_ADDRSMAX / 2;

	if (h->v4.n + h->v6.n <= DNS_ADDRSMAX)
		return;
	if (h->v6.n <= half) {
		h->v4.n = DNS_ADDRSMAX - h->v6.n;
	} else {
		if (h->v4.n > half)
			h->v4.n = half;
		h->v6.n = DNS_ADDRSMAX - h->v4.n;
	}
}

static int
has_some(const struct mx_host *h)
{
	return h->v4.n + h->v6.n != 0;
}

/* Nothing is known, but there may be something. */
static int
in_doubt(const struct mx_host *h)
{
	return !has_some(h) &&
	    (h->v4.kind == DNSMSG_BAD || h->v6.kind == DNSMSG_BAD);
}

static void
use_addrs(struct mx *m, const struct mx_addrs *a)
{
	if (a->kind == DNSMSG_BAD) {
		use_ttl(m, MX_TEMPTTL);
		return;
	}
	m->empty |= a->kind == DNSMSG_EMPTY;
	use_ttl(m, a->ttl);
	if (a->kind != DNSMSG_DATA)
		use_ttl(m, MX_NEGMAX);
}

/* The best preference of a host that has addresses; -1 nobody has. */
static int
best(const struct mx *m)
{
	unsigned int i;

	for (i = 0; i < m->n; i++)
		if (has_some(&m->host[i]))
			return m->host[i].preference;
	return -1;
}

static void
finish_none(struct mx *m)
{
	if (m->empty)
		verdict(m, DNS_TEMP, "answers without anything in them");
	else if (m->implicit)
		verdict(m, DNS_NOHOST,
		    "the domain has neither MX nor address records");
	else
		verdict(m, DNS_NOADDR, "no MX host has an address");
}

void
mx_finish(struct mx *m)
{
	char text[DNS_TEXTMAX + 1];
	unsigned int i, kept = 0;
	struct mx_host *h;
	int usable = best(m);

	for (i = 0; i < m->n; i++) {
		h = &m->host[i];
		use_addrs(m, &h->v4);
		use_addrs(m, &h->v6);
		if (in_doubt(h) && (usable == -1 || h->preference < usable)) {
			snprintf(text, sizeof text,
			    "addresses of %.120s: no usable answer", h->name);
			verdict(m, DNS_TEMP, text);
			return;
		}
		share(h);
		if (has_some(h))
			m->host[kept++] = *h;
	}
	m->n = kept;
	if (kept)
		verdict(m, DNS_OK, "");
	else
		finish_none(m);
}

static unsigned int
flags(const struct mx *m, const struct mx_host *h)
{
	unsigned int f = m->implicit ? DNS_IMPLICIT : 0;

	/* What could not be found out adds nothing that was not validated. */
	if (m->secure && (h->v4.secure || h->v4.kind == DNSMSG_BAD) &&
	    (h->v6.secure || h->v6.kind == DNSMSG_BAD))
		f |= DNS_SECURE;
	return f;
}

static void
put_addrs(stralloc *sa, const struct mx_addrs *a, int family)
{
	unsigned int i;

	for (i = 0; i < a->n; i++) {
		field_putu8(sa, (uint8_t)family);
		mem_check(stralloc_catb(
		    sa, (const char *)a->ip[i], family == 6 ? 16 : 4));
	}
}

void
mx_put(const struct mx *m, stralloc *sa)
{
	const struct mx_host *h;
	unsigned int i;

	field_putu8(sa, (uint8_t)m->verdict);
	field_putu32(sa, m->ttl);
	field_putstr(sa, m->text, strlen(m->text));
	field_putu8(sa, (uint8_t)m->n);
	for (i = 0; i < m->n; i++) {
		h = &m->host[i];
		field_putu16(sa, h->preference);
		field_putu8(sa, (uint8_t)flags(m, h));
		field_putstr(sa, h->name, strlen(h->name));
		field_putu8(sa, (uint8_t)(h->v4.n + h->v6.n));
		put_addrs(sa, &h->v4, 4);
		put_addrs(sa, &h->v6, 6);
	}
}
