#include <stdio.h>
#include <string.h>

#include "cmd/dray-policy/mxask.h"
#include "common/base.h"
#include "common/chars.h"

static const char *const verdicts[] = {
	[DNS_OK] = "",
	[DNS_NULLMX] = "it takes no mail",
	[DNS_NODOMAIN] = "there is no such domain",
	[DNS_NOHOST] = "it has neither MX nor address records",
	[DNS_NOADDR] = "its servers have no address",
	[DNS_TEMP] = "no answer",
};

static void
get_ip(struct mxask *a, struct field *r)
{
	struct policy_ip *ip = &a->addr[a->naddr];
	const char *p;

	memset(ip, 0, sizeof *ip);
	ip->family = field_getu8(r);
	if (ip->family != 4 && ip->family != 6)
		r->bad = 1;
	p = field_getb(r, ip->family == 6 ? 16 : 4);
	if (!p)
		return;
	memcpy(ip->ip, p, ip->family == 6 ? 16 : 4);
	a->naddr++;
}

static void
get_host(struct mxask *a, struct field *r)
{
	char *d = a->name[a->nhost];
	const char *s;
	unsigned int n;
	size_t len;

	field_getu16(r); /* they come in the order of this */
	field_getu8(r);
	s = field_getstr(r, POLICY_NAMEMAX, &len);
	n = field_getu8(r);
	if (!s || !len || !chars_ascii(s, len) || n > DNS_ADDRSMAX)
		r->bad = 1;
	for (; n && !r->bad; n--)
		get_ip(a, r);
	if (r->bad)
		return;
	memcpy(d, s, len);
	d[len] = '\0';
	a->host[a->nhost++] = d;
}

static void
take(void *ctx, struct field *r, unsigned int verdict, const char *text)
{
	struct mxask *a = ctx;
	unsigned int n = field_getu8(r);

	if (n > DNS_HOSTSMAX)
		r->bad = 1;
	for (; n && !r->bad; n--)
		get_host(a, r);
	snprintf(a->why, sizeof a->why, "%s%s%s", verdicts[verdict],
	    *text ? ": " : "", text);
}

int
mxask(const char *base, const char *domain, struct mxask *a)
{
	char path[BASE_PATHMAX], why[DNSASK_WHYMAX];

	a->nhost = a->naddr = 0;
	a->why[0] = '\0';
	base_path(path, base, "sock/dns");
	if (dnsask(path, 'M', domain, take, a, why) == -1) {
		a->nhost = a->naddr = 0;
		memcpy(a->why, why, sizeof why);
	}
	return a->nhost != 0;
}
