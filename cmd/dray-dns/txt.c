#include <stdlib.h>
#include <string.h>

#include "cmd/dray-dns/client.h"
#include "cmd/dray-dns/dnsmsg.h"
#include "cmd/dray-dns/resolver.h"
#include "cmd/dray-dns/txt.h"
#include "common/field.h"
#include "common/mem.h"

struct ask {
	struct client *client; /* stays as long as the question is open */
	uint32_t id;
	char type;
	char name[];
};

static unsigned int pending;

/* The strings of a record (RFC 1035 3.3.14), joined; 1, or 0: it is malformed,
 * or longer than anybody wants. */
static int
put_record(const struct dnsmsg *m, const struct dnsmsg_rr *rr, stralloc *out)
{
	static char text[DNS_RECORDMAX];
	const unsigned char *s = m->s + rr->data, *end = m->s + rr->end;
	size_t n = 0, k;

	while (s < end) {
		k = *s++;
		if (k > (size_t)(end - s) || k > sizeof text - n)
			return 0;
		memcpy(text + n, s, k);
		n += k;
		s += k;
	}
	field_putstr(out, text, n);
	return 1;
}

/* RFC 1035 3.4.1. */
static int
put_address(const struct dnsmsg *m, const struct dnsmsg_rr *rr, stralloc *out)
{
	if (rr->end - rr->data != 4)
		return 0;
	mem_check(stralloc_catb(out, (const char *)m->s + rr->data, 4));
	return 1;
}

static uint16_t
record_type(char type)
{
	return type == 'A' ? DNSMSG_A : DNSMSG_TXT;
}

static uint32_t
bounded(uint32_t ttl)
{
	return ttl < 1 ? 1 : ttl > DNS_TTLMAX ? DNS_TTLMAX : ttl;
}

static void
tell(const struct ask *a, const void *msg, size_t len)
{
	static stralloc out;
	unsigned int count = 0;
	struct dnsmsg_rr rr;
	struct dnsmsg m;
	int verdict;

	out.len = 0;
	switch (dnsmsg_open(&m, msg, len, a->name, record_type(a->type))) {
	case DNSMSG_DATA:
		while (count < DNS_TEXTSMAX && dnsmsg_next(&m, &rr))
			count += (unsigned int)(a->type == 'A'
				? put_address(&m, &rr, &out)
				: put_record(&m, &rr, &out));
		verdict = count ? DNS_OK : DNS_TEMP;
		break;
	case DNSMSG_NODATA:
	case DNSMSG_EMPTY:
		verdict = DNS_NOHOST;
		break;
	case DNSMSG_NXDOMAIN:
		verdict = DNS_NODOMAIN;
		break;
	default:
		verdict = DNS_TEMP;
	}
	client_texts(a->client, a->type, a->id, verdict,
	    verdict == DNS_TEMP ? 1 : bounded(m.ttl), "", out.s, out.len,
	    count);
}

static void
on_result(void *ctx, const void *msg, size_t len, enum mx_trust trust)
{
	struct ask *a = ctx;

	pending--;
	if (len && trust != MX_BOGUS)
		tell(a, msg, len);
	else
		client_texts(a->client, a->type, a->id, DNS_TEMP, 1,
		    len ? "the answer does not validate" : msg, "", 0, 0);
	free(a);
}

void
txt_ask(struct client *c, char type, uint32_t id, const char *name, size_t len)
{
	struct ask *a;

	c->peer.open++;
	if (!dnsmsg_isname(name, len)) {
		client_texts(c, type, id, DNS_NODOMAIN, DNS_TTLMAX,
		    "that is no domain name", "", 0, 0);
		return;
	}
	if (pending == TXT_MAX) {
		client_texts(
		    c, type, id, DNS_TEMP, 1, "too many questions", "", 0, 0);
		return;
	}
	a = mem_alloc(sizeof *a + len + 1);
	a->client = c;
	a->id = id;
	a->type = type;
	memcpy(a->name, name, len);
	pending++;
	resolver_ask(a->name, record_type(type), on_result, a);
}
