#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include <skalibs/strerr.h>

#include "cmd/dray-check/blask.h"
#include "cmd/dray-check/blname.h"
#include "common/chars.h"
#include "common/dnsask.h"

#define REFUSED 0x7fffff00u /* 127.255.255.0/24 */
#define LOOPBACK 0x7f000001u

static struct {
	const struct policy_dnsbl *b;
	unsigned int failures; /* in a row */
	unsigned int mute; /* likewise, for words */
	int useless;
	unsigned int proven; /* bit: 1 << family */
} zone;

struct answer {
	unsigned int n;
	uint32_t code[DNS_TEXTSMAX];
	char why[DNSASK_WHYMAX];
};

void
blask_zone(const struct policy_dnsbl *b)
{
	zone.b = b;
	zone.failures = 0;
	zone.mute = 0;
	zone.useless = 0;
	zone.proven = 0;
}

static void
take(void *ctx, struct field *r, unsigned int verdict, const char *text)
{
	struct answer *a = ctx;
	unsigned int n = field_getu8(r);

	if (n > DNS_TEXTSMAX)
		r->bad = 1;
	if (verdict == DNS_TEMP)
		snprintf(a->why, sizeof a->why, "no answer from DNS%s%s",
		    *text ? ": " : "", text);
	for (; n && !r->bad; n--)
		a->code[a->n++] = field_getu32(r);
}

static int
name_of(char *d, const struct own *o)
{
	return o->family ? blname_address(d, o->family, o->ip, zone.b->zone)
			 : blname_domain(d, o->name, zone.b->zone);
}

/* -1: there is no answer, which has been said. */
static int
ask(const struct own *o, struct answer *a)
{
	char name[BLNAME_MAX], why[DNSASK_WHYMAX];

	memset(a, 0, sizeof *a);
	if (name_of(name, o) == -1) {
		strerr_warnw(zone.b->zone, ": the name of ", o->name,
		    " in it would be too long");
		return -1;
	}
	if (dnsask("sock/dns", 'A', name, take, a, why) == -1)
		memcpy(a->why, why, sizeof why);
	if (!*a->why) {
		zone.failures = 0;
		return 0;
	}
	strerr_warnw(zone.b->zone, ": ", o->name, ": ", a->why);
	zone.useless = ++zone.failures == BLASK_FAILURES;
	if (zone.useless)
		strerr_warnw(zone.b->zone, ": is not asked any more");
	return -1;
}

static int
useless(const char *why, uint32_t code)
{
	struct in_addr a = { htonl(code) };
	char text[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, &a, text, sizeof text);
	strerr_warnw(zone.b->zone, ": ", why, " (", text, ")");
	zone.useless = 1;
	return BLASK_UNKNOWN;
}

static int
is_code(uint32_t code)
{
	unsigned int i;

	for (i = 0; i < zone.b->n; i++)
		if (code >= zone.b->code[i].from && code <= zone.b->code[i].to)
			return 1;
	return 0;
}

static int
judge(const struct answer *a, uint32_t *code_r)
{
	int listed = BLASK_NOT;
	unsigned int i;

	for (i = 0; i < a->n; i++) {
		if (is_code(a->code[i])) {
			if (listed == BLASK_NOT || a->code[i] < *code_r)
				*code_r = a->code[i];
			listed = BLASK_LISTED;
		} else if (a->code[i] >> 24 != 127) {
			return useless(
			    "its answers are not those of a list", a->code[i]);
		} else if ((a->code[i] & 0xffffff00u) == REFUSED ||
		    a->code[i] == LOOPBACK) {
			return useless("it refuses to answer us", a->code[i]);
		}
	}
	return listed;
}

/* 127.0.0.1, ::ffff:7f00:1 and the domain "invalid" are on no list. */
static int
prove(const struct own *like)
{
	struct own o = { .family = like->family, .name = "invalid" };
	struct answer a;

	if (o.family == 4) {
		memcpy(o.ip, "\177\0\0\1", 4);
		memcpy(o.name, "127.0.0.1", sizeof "127.0.0.1");
	} else if (o.family == 6) {
		memcpy(o.ip + 10, "\377\377\177\0\0\1", 6);
		memcpy(o.name, "::ffff:127.0.0.1", sizeof "::ffff:127.0.0.1");
	}
	if (ask(&o, &a) == -1)
		return BLASK_UNKNOWN;
	if (a.n)
		return useless("it says yes to everything", a.code[0]);
	zone.proven |= 1u << o.family;
	return BLASK_LISTED;
}

int
blask(const struct own *o, uint32_t *code_r)
{
	struct answer a;
	int r;

	if (zone.useless || ask(o, &a) == -1)
		return BLASK_UNKNOWN;
	r = judge(&a, code_r);
	if (r == BLASK_LISTED && !(zone.proven >> o->family & 1))
		return prove(o);
	return r;
}

struct words {
	char *d;
	int unknown;
};

/* The first record counts. */
static void
take_words(void *ctx, struct field *r, unsigned int verdict, const char *text)
{
	struct words *w = ctx;
	unsigned int i, n = field_getu8(r);
	const char *s;
	size_t len;

	(void)text;
	w->unknown = verdict == DNS_TEMP;
	for (i = 0; i < n && !r->bad; i++) {
		s = field_getstr(r, DNS_RECORDMAX, &len);
		if (i || r->bad)
			continue;
		if (len >= BLASK_TEXTMAX)
			len = BLASK_TEXTMAX - 1;
		memcpy(w->d, s, len);
		w->d[len] = '\0';
	}
}

void
blask_text(const struct own *o, char d[BLASK_TEXTMAX])
{
	char name[BLNAME_MAX], why[DNSASK_WHYMAX];
	struct words w = { d, 0 };

	d[0] = '\0';
	if (zone.mute == BLASK_FAILURES || name_of(name, o) == -1)
		return;
	if (dnsask("sock/dns", 'T', name, take_words, &w, why) == -1)
		w.unknown = 1;
	zone.mute = w.unknown ? zone.mute + 1 : 0;
	chars_mask(d);
}
