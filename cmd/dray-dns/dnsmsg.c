#include <string.h>

#include "cmd/dray-dns/dnsmsg.h"
#include "common/chars.h"

#define HEAD 12
#define IN 1
#define RCODE_NXDOMAIN 3

static unsigned int
get16(const unsigned char *p)
{
	return (unsigned int)p[0] << 8 | p[1];
}

static uint32_t
get32(const unsigned char *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

static int
label_octet_ok(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
	    c == '_';
}

int
dnsmsg_isname(const char *s, size_t len)
{
	size_t i, label = 0;

	if (len == 0 || len > DNSMSG_WIREMAX - 2)
		return 0;
	for (i = 0; i < len; i++) {
		if (s[i] == '.'
			? label == 0
			: ++label > 63 || !label_octet_ok((unsigned char)s[i]))
			return 0;
		if (s[i] == '.')
			label = 0;
	}
	return label > 0;
}

/*
 * Takes a name out of the message.  Pointers may only point back, before all
 * that was read so far, so that they cannot go in a circle (RFC 1035 4.1.4).
 * Returns the offset behind the name, or 0.
 */
static size_t
take_name(const struct dnsmsg *m, size_t at, size_t end, struct dnsmsg_wire *w)
{
	size_t behind = 0, low = at, i, n;

	w->n = 0;
	for (;;) {
		if (at >= end)
			return 0;
		n = m->s[at];
		if (n >= 192) {
			if (at + 2 > end)
				return 0;
			if (!behind)
				behind = at + 2;
			at = get16(m->s + at) & 0x3fff;
			if (at >= low)
				return 0;
			low = at;
			end = m->len;
			continue;
		}
		if (n > 63 || n + 1 > end - at ||
		    n + 1 > sizeof w->s - w->n - (n != 0))
			return 0;
		w->s[w->n] = (unsigned char)n;
		for (i = 1; i <= n; i++)
			w->s[w->n + i] =
			    (unsigned char)chars_lower(m->s[at + i]);
		w->n += n + 1;
		at += n + 1;
		if (!n)
			return behind ? behind : at;
	}
}

static int
same(const struct dnsmsg_wire *a, const struct dnsmsg_wire *b)
{
	return a->n == b->n && memcmp(a->s, b->s, a->n) == 0;
}

/* Name has passed dnsmsg_isname. */
static void
make_wire(struct dnsmsg_wire *w, const char *name)
{
	size_t n;

	for (w->n = 0; *name; name += n + (name[n] == '.')) {
		n = strcspn(name, ".");
		w->s[w->n++] = n;
		memcpy(w->s + w->n, name, n);
		w->n += n;
	}
	w->s[w->n++] = 0;
}

static void
make_text(char *d, const struct dnsmsg_wire *w)
{
	unsigned int at = 0, n;
	char *p = d;

	while ((n = w->s[at]) != 0) {
		if (p > d)
			*p++ = '.';
		memcpy(p, w->s + at + 1, n);
		p += n;
		at += n + 1;
	}
	*p = '\0';
	/* A dot or a zero octet inside a label would make another name. */
	if (p > d && (strlen(d) != (size_t)(p - d) || !dnsmsg_isname(d, p - d)))
		memcpy(d, "?", 2);
	for (at = 0; d[0] != '?' && (n = w->s[at]) != 0; at += n + 1)
		if (memchr(w->s + at + 1, '.', n))
			memcpy(d, "?", 2);
}

size_t
dnsmsg_name(const struct dnsmsg *m, size_t at, size_t end, char *text_r)
{
	struct dnsmsg_wire w;

	at = take_name(m, at, end, &w);
	if (at)
		make_text(text_r, &w);
	return at;
}

/* The record at *at, which is moved behind it; 0, or -1. */
static int
take_rr(const struct dnsmsg *m, size_t *at, struct dnsmsg_wire *owner,
    struct dnsmsg_rr *rr_r)
{
	const unsigned char *p;
	size_t next;

	next = take_name(m, *at, m->len, owner);
	if (!next || m->len - next < 10)
		return -1;
	p = m->s + next;
	rr_r->type = get16(p);
	rr_r->class = get16(p + 2);
	rr_r->ttl = get32(p + 4);
	if (rr_r->ttl > INT32_MAX) /* RFC 2181 8 */
		rr_r->ttl = 0;
	rr_r->data = next + 10;
	if (get16(p + 8) > m->len - rr_r->data)
		return -1;
	rr_r->end = *at = rr_r->data + get16(p + 8);
	return 0;
}

int
dnsmsg_next(struct dnsmsg *m, struct dnsmsg_rr *rr_r)
{
	struct dnsmsg_wire owner;

	while (m->left && take_rr(m, &m->at, &owner, rr_r) == 0) {
		m->left--;
		if (rr_r->type == m->type && rr_r->class == IN &&
		    same(&owner, &m->name))
			return 1;
	}
	m->left = 0;
	return 0;
}

static void
rewind_(struct dnsmsg *m)
{
	m->at = m->answer;
	m->left = m->nanswer;
}

static void
use_ttl(struct dnsmsg *m, uint32_t ttl)
{
	if (ttl < m->ttl)
		m->ttl = ttl;
}

/* Moves m->name on if there is a CNAME record for it: 1, 0 there is none. */
static int
follow(struct dnsmsg *m)
{
	struct dnsmsg_wire target;
	struct dnsmsg_rr rr;
	uint16_t type = m->type;
	int found;

	m->type = DNSMSG_CNAME;
	rewind_(m);
	found = dnsmsg_next(m, &rr) &&
	    take_name(m, rr.data, rr.end, &target) == rr.end;
	m->type = type;
	if (!found)
		return 0;
	use_ttl(m, rr.ttl);
	m->name = target;
	return 1;
}

/* How long "no" holds: the SOA record behind the answer says so.  1, 0 there
 * is none, -1 what is there is malformed. */
static int
negative_ttl(struct dnsmsg *m, size_t at)
{
	struct dnsmsg_wire owner;
	struct dnsmsg_rr rr;
	unsigned int i;

	for (i = 0; i < m->nauthority; i++) {
		if (take_rr(m, &at, &owner, &rr) == -1)
			return -1;
		if (rr.type != DNSMSG_SOA || rr.class != IN ||
		    rr.end - rr.data < 22)
			continue;
		use_ttl(m, rr.ttl);
		use_ttl(m, get32(m->s + rr.end - 4));
		return 1;
	}
	use_ttl(m, DNSMSG_NEGTTL);
	return 0;
}

/* Header and question: where the answers begin, or 0. */
static size_t
take_head(struct dnsmsg *m)
{
	struct dnsmsg_wire asked;
	unsigned int flags;
	size_t at;

	if (m->len < HEAD || m->len > 65535)
		return 0;
	flags = get16(m->s + 2);
	/* A response, a query, not cut off. */
	if (!(flags & 0x8000) || (flags & 0x7800) || (flags & 0x0200) ||
	    get16(m->s + 4) != 1)
		return 0;
	m->nanswer = get16(m->s + 6);
	m->nauthority = get16(m->s + 8);
	at = take_name(m, HEAD, m->len, &asked);
	if (!at || m->len - at < 4 || !same(&asked, &m->name) ||
	    get16(m->s + at) != m->type || get16(m->s + at + 2) != IN)
		return 0;
	return at + 4;
}

/* Walks over the answers: where the authority section begins, or 0. */
static size_t
over_answers(const struct dnsmsg *m)
{
	struct dnsmsg_wire owner;
	struct dnsmsg_rr rr;
	size_t at = m->answer;
	unsigned int i;

	for (i = 0; i < m->nanswer; i++)
		if (take_rr(m, &at, &owner, &rr) == -1)
			return 0;
	return at;
}

/* The kind of an answer whose chain has been followed to its end. */
static enum dnsmsg_kind
look(struct dnsmsg *m, unsigned int rcode, size_t authority)
{
	struct dnsmsg_rr rr;
	int n = 0, proof;

	rewind_(m);
	while (dnsmsg_next(m, &rr)) {
		use_ttl(m, rr.ttl);
		n++;
	}
	rewind_(m);
	if (n)
		return rcode ? DNSMSG_BAD : DNSMSG_DATA;
	proof = negative_ttl(m, authority);
	if (proof == -1)
		return DNSMSG_BAD;
	if (!proof && !rcode)
		return DNSMSG_EMPTY;
	return rcode ? DNSMSG_NXDOMAIN : DNSMSG_NODATA;
}

enum dnsmsg_kind
dnsmsg_open(struct dnsmsg *m, const void *msg, size_t len, const char *name,
    uint16_t type)
{
	unsigned int rcode, i;
	size_t authority;

	memset(m, 0, sizeof *m);
	m->s = msg;
	m->len = len;
	m->type = type;
	m->ttl = INT32_MAX;
	if (!dnsmsg_isname(name, strlen(name)))
		return DNSMSG_BAD;
	make_wire(&m->name, name);
	m->answer = take_head(m);
	if (!m->answer)
		return DNSMSG_BAD;
	authority = over_answers(m);
	rcode = m->s[3] & 15;
	if (!authority || (rcode && rcode != RCODE_NXDOMAIN))
		return DNSMSG_BAD;
	for (i = 0; follow(m); i++)
		if (i == DNSMSG_CHAIN)
			return DNSMSG_BAD;
	return look(m, rcode, authority);
}
