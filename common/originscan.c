#include <string.h>

#include "common/addrlist.h"
#include "common/chars.h"
#include "common/idn.h"
#include "common/originscan.h"

#define NAME "from"
#define NAMELEN 4

void
originscan_start(struct originscan *k)
{
	k->header = 0;
	k->ended = 0;
	k->state = ORIGINSCAN_LINE;
	k->isfrom = k->have = 0;
	k->from_len = 0;
}

static void
begin_line(struct originscan *k, char c)
{
	k->state = ORIGINSCAN_SKIP;
	if (c == ' ' || c == '\t') {
		if (k->isfrom)
			k->state = ORIGINSCAN_VALUE;
		return;
	}
	k->isfrom = 0;
	if (c == '\r') {
		k->state = ORIGINSCAN_EMPTY;
	} else if (!k->have && chars_lower(c) == NAME[0]) {
		k->state = ORIGINSCAN_NAME;
		k->name_len = 1;
	}
}

static void
in_name(struct originscan *k, char c)
{
	if (k->state == ORIGINSCAN_NAME && k->name_len < NAMELEN &&
	    chars_lower(c) == NAME[k->name_len]) {
		k->name_len++;
	} else if (k->name_len < NAMELEN) {
		k->state = ORIGINSCAN_SKIP;
	} else if (c == ':') {
		k->state = ORIGINSCAN_VALUE;
		k->isfrom = k->have = 1;
	} else {
		k->state =
		    c == ' ' || c == '\t' ? ORIGINSCAN_BLANK : ORIGINSCAN_SKIP;
	}
}

static void
take(struct originscan *k, char c)
{
	switch (k->state) {
	case ORIGINSCAN_LINE:
		begin_line(k, c);
		break;
	case ORIGINSCAN_NAME:
	case ORIGINSCAN_BLANK:
		in_name(k, c);
		break;
	case ORIGINSCAN_EMPTY:
		k->ended = c == '\n';
		if (!k->ended)
			k->state = ORIGINSCAN_SKIP;
		break;
	case ORIGINSCAN_VALUE:
	case ORIGINSCAN_SKIP:
		break;
	}
	if (k->state == ORIGINSCAN_VALUE && k->from_len < sizeof k->from &&
	    (k->from_len || c != ':'))
		k->from[k->from_len++] = c;
	if (c == '\n')
		k->state = ORIGINSCAN_LINE;
}

size_t
originscan_feed(struct originscan *k, const char *s, size_t n)
{
	size_t i;

	for (i = 0; i < n && !k->ended; i++)
		take(k, s[i]);
	k->header += (uint32_t)i;
	return i;
}

struct first {
	size_t n;
	char s[ADDRLIST_MAX];
};

/* -1: one is enough. */
static int
each(void *arg, const char *s, size_t n)
{
	struct first *f = arg;

	memcpy(f->s, s, n);
	f->n = n;
	return -1;
}

size_t
originscan_from(const struct originscan *k, char d[ADDR_DOMAINMAX])
{
	struct first f = { .n = 0 };
	struct addr a;
	size_t n;

	if (addrlist_parse(k->from, k->from_len, "", each, &f) == -1 && !f.n)
		return 0;
	if (!f.n || f.n > sizeof f.s || addr_split(f.s, f.n, &a) == -1)
		return 0;
	n = idn_ascii(d, a.domain, a.domain_len);
	return n && chars_name(d, n) ? n : 0;
}
