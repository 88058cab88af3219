/*
 * dns_mx - DNS messages from strangers, on their way to an answer.  The input is
 * a row of messages, each with its length in two octets and an octet of which
 * the lower two bits are what validation said: first that for the MX records of
 * d.test, then for the addresses of each host, A and AAAA in turn.
 *
 * Whatever they say, the answer is one that dnsproto.h allows.
 */
#include <stdlib.h>
#include <string.h>

#include "cmd/dray-dns/mx.h"
#include "common/field.h"
#include "t/fuzz/fuzz.h"

struct input {
	const uint8_t *p;
	size_t n;
};

/* The next message, in memory of its own, so that one octet too many is seen. */
static uint8_t *
take(struct input *in, size_t *n_r, enum mx_trust *trust_r)
{
	uint8_t *m;

	*n_r = 0;
	*trust_r = MX_INSECURE;
	if (in->n < 3)
		return NULL;
	*n_r = (size_t)in->p[0] << 8 | in->p[1];
	*trust_r = in->p[2] % 3;
	in->p += 3;
	in->n -= 3;
	if (*n_r > in->n)
		*n_r = in->n;
	m = malloc(*n_r + 1);
	must(m != NULL);
	memcpy(m, in->p, *n_r);
	in->p += *n_r;
	in->n -= *n_r;
	m = realloc(m, *n_r ? *n_r : 1);
	if (*n_r == 0) {
		free(m);
		m = NULL;
	}
	return m;
}

static void
check_host(struct field *r, unsigned int *last)
{
	unsigned int preference = field_getu16(r), n;
	const char *name;
	size_t len;

	must(preference >= *last);
	*last = preference;
	must(field_getu8(r) <= (DNS_SECURE | DNS_IMPLICIT));
	name = field_getstr(r, 255, &len);
	must(!r->bad && dnsmsg_isname(name, len));
	n = field_getu8(r);
	must(n > 0 && n <= DNS_ADDRSMAX);
	while (n--)
		must(field_getb(r, field_getu8(r) == 6 ? 16 : 4) != NULL);
}

/* HERE from `verdict` on. */
static void
check(const struct mx *m)
{
	unsigned int verdict, n, last = 0;
	stralloc sa = STRALLOC_ZERO;
	struct field r;
	const char *text;
	uint32_t ttl;
	size_t len, i;

	mx_put(m, &sa);
	field_start(&r, sa.s, sa.len);
	verdict = field_getu8(&r);
	ttl = field_getu32(&r);
	text = field_getstr(&r, DNS_TEXTMAX, &len);
	n = field_getu8(&r);
	must(!r.bad && verdict <= DNS_TEMP && ttl >= 1 && ttl <= DNS_TTLMAX);
	must(n <= DNS_HOSTSMAX && (n > 0) == (verdict == DNS_OK));
	must((len == 0) == (verdict == DNS_OK));
	must(verdict != DNS_TEMP || ttl <= MX_TEMPTTL);
	for (i = 0; i < len; i++)
		must(text[i] >= ' ' && text[i] <= '~');
	while (n--)
		check_host(&r, &last);
	must(field_end(&r) && sa.len < DNS_FRAME_MAX - 16);
	stralloc_free(&sa);
}

static void
addresses(struct mx *m, struct input *in)
{
	enum mx_trust trust;
	unsigned int i;
	uint8_t *s;
	size_t n;

	for (i = 0; i < m->n; i++) {
		s = take(in, &n, &trust);
		mx_addrs(&m->host[i].v4, m->host[i].name, 4, s, n, trust);
		free(s);
		s = take(in, &n, &trust);
		mx_addrs(&m->host[i].v6, m->host[i].name, 6, s, n, trust);
		free(s);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct input in = { data, n };
	enum mx_trust trust;
	struct mx m;
	uint8_t *s;
	size_t len;

	mx_start(&m, "d.test");
	s = take(&in, &len, &trust);
	if (mx_hosts(&m, s, len, trust)) {
		addresses(&m, &in);
		mx_finish(&m);
	}
	free(s);
	check(&m);
	mx_free(&m);
	return 0;
}
