#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cmd/dray-policy/value.h"
#include "common/addr.h"
#include "common/idn.h"
#include "common/policyfmt.h"

#define PORT_SMTP 25

struct unit {
	char c;
	uint64_t factor;
};

/* From small to large; the first is what a bare number means. */
static const struct unit sizes[] = {
	{ '\0', 1 },
	{ 'K', 1 << 10 },
	{ 'M', 1 << 20 },
	{ 'G', 1 << 30 },
	{ 0, 0 },
};
static const struct unit durations[] = {
	{ 's', 1 },
	{ 'm', 60 },
	{ 'h', 3600 },
	{ 'd', 86400 },
	{ 'w', 604800 },
	{ 0, 0 },
};
static const struct unit percents[] = {
	{ '%', 1 },
	{ 0, 0 },
};
static const struct unit numbers[] = {
	{ '\0', 1 },
	{ 0, 0 },
};

static int
fail(int e)
{
	errno = e;
	return -1;
}

/* Digits only: strtoull would take signs and blanks.  Returns their count. */
static size_t
digits(const char *s, uint64_t *v_r)
{
	size_t n = strspn(s, "0123456789"), i;
	uint64_t v = 0;

	for (i = 0; i < n; i++)
		if (__builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, s[i] - '0', &v))
			v = UINT64_MAX;
	*v_r = v;
	return n;
}

/* A number and at most one unit, in upper or lower case. */
static int
scan(const struct unit *u, const char *s, uint64_t *v_r)
{
	size_t n = digits(s, v_r);

	if (!n)
		return fail(EINVAL);
	if (!s[n])
		return 0;
	if (s[n + 1])
		return fail(EINVAL);
	for (; u->factor; u++)
		if (u->c && (s[n] | 32) == (u->c | 32))
			break;
	if (!u->factor)
		return fail(EINVAL);
	if (__builtin_mul_overflow(*v_r, u->factor, v_r))
		*v_r = UINT64_MAX;
	return 0;
}

static int
scan_yesno(const char *s, uint64_t *v_r)
{
	*v_r = !strcmp(s, "yes");
	return *v_r || !strcmp(s, "no") ? 0 : fail(EINVAL);
}

static int
scan_word(const struct policykey *k, const char *s, uint64_t *v_r)
{
	for (*v_r = 0; *v_r <= k->max; ++*v_r)
		if (!strcmp(s, k->words[*v_r]))
			return 0;
	return fail(EINVAL);
}

static const struct unit *
units(enum policykey_kind kind)
{
	if (kind == POLICYKEY_SIZE)
		return sizes;
	if (kind == POLICYKEY_PERCENT)
		return percents;
	return kind == POLICYKEY_DURATION ? durations : numbers;
}

int
value_parse(const struct policykey *k, const char *s, uint64_t *v_r)
{
	int r;

	if (k->kind == POLICYKEY_YESNO)
		r = scan_yesno(s, v_r);
	else if (k->kind == POLICYKEY_WORD)
		r = scan_word(k, s, v_r);
	else
		r = scan(units(k->kind), s, v_r);
	if (r == -1)
		return -1;
	return *v_r < k->min || *v_r > k->max ? fail(ERANGE) : 0;
}

int
value_duration(const char *s, uint32_t *v_r)
{
	uint64_t v;

	if (scan(durations, s, &v) == -1)
		return -1;
	if (v < POLICYFMT_RETRY_MIN || v > POLICYFMT_RETRY_MAX)
		return fail(ERANGE);
	*v_r = (uint32_t)v;
	return 0;
}

/* What could be looked up but was surely not meant: 192.0.2.1 without its
 * brackets, or a label with a hyphen at its end (RFC 1123 2.1). */
static int
is_odd(const char *s, size_t n)
{
	const char *last = memrchr(s, '.', n);
	size_t i;

	last = last ? last + 1 : s;
	if (last[strspn(last, "0123456789")] == '\0')
		return 1;
	for (i = 0; i < n; i++)
		if (s[i] == '-' &&
		    (i == 0 || s[i - 1] == '.' || i + 1 == n ||
			s[i + 1] == '.'))
			return 1;
	return 0;
}

int
value_name(char *d, const char *s)
{
	size_t n = strlen(s);

	if (n > POLICY_NAMEMAX)
		return fail(ERANGE);
	if (!addr_domain_ok(s, n) || (s[0] != '[' && is_odd(s, n)))
		return fail(EINVAL);
	memcpy(d, s, n + 1);
	return 0;
}

int
value_domain(char *d, const char *s)
{
	char ascii[ADDR_DOMAINMAX + 1];
	size_t n = strlen(s);

	if (n > POLICY_NAMEMAX)
		return fail(ERANGE);
	n = idn_ascii(ascii, s, n);
	if (n == 0 || ascii[0] == '[')
		return fail(EINVAL);
	ascii[n] = '\0';
	return value_name(d, ascii);
}

int
value_mailbox(char *d, const char *s)
{
	char whole[ADDR_MAX + sizeof "@x"];
	size_t n = strlen(s);
	struct addr a;

	if (n > ADDR_MAX)
		return fail(ERANGE);
	if (strpbrk(s, " \t"))
		return fail(EINVAL);
	snprintf(whole, sizeof whole, "%s%s", s, strchr(s, '@') ? "" : "@x");
	if (addr_split(whole, strlen(whole), &a) == -1)
		return -1;
	if (a.utf8 || a.idn)
		return fail(EINVAL);
	memcpy(d, s, n + 1);
	return 0;
}

/* A name for people, without what would have to be quoted. */
static int
name_ok(const char *s, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (s[i] < ' ' || s[i] > '~' || strchr("\"\\<>,;:()[]@=", s[i]))
			return 0;
	return n <= POLICY_FROMMAX;
}

int
value_from(char *name, char *d, const char *s)
{
	const char *open = strrchr(s, '<');
	size_t len, n = open ? (size_t)(open - s) : 0;
	char addr[ADDR_MAX + 1];

	if (!open) {
		*name = '\0';
		return value_mailbox(d, s);
	}
	while (n && strchr(" \t", s[n - 1]))
		n--;
	len = strlen(++open);
	if (!name_ok(s, n) || len < 2 || len > sizeof addr ||
	    open[len - 1] != '>')
		return fail(EINVAL);
	memcpy(addr, open, len - 1);
	addr[len - 1] = '\0';
	memcpy(name, s, n);
	name[n] = '\0';
	return value_mailbox(d, addr);
}

/* Addresses that cannot be the other end of a connection. */
static int
is_useless(int family, const uint8_t *ip)
{
	static const uint8_t zero[16], mapped[12] = { [10] = 255, [11] = 255 };

	if (family == 4) /* this network; multicast and above */
		return ip[0] == 0 || ip[0] >= 224;
	return !memcmp(ip, zero, 16) || ip[0] == 255 || !memcmp(ip, mapped, 12);
}

int
value_source(uint8_t *ip, const char *s)
{
	int family = strchr(s, ':') ? 6 : 4;

	memset(ip, 0, 16);
	if (inet_pton(family == 6 ? AF_INET6 : AF_INET, s, ip) != 1)
		return fail(EINVAL);
	return is_useless(family, ip) ? fail(ERANGE) : family;
}

/* ":2525", or nothing, which is 25. */
static int
scan_port(const char *s, uint16_t *port_r)
{
	uint64_t v = PORT_SMTP;
	size_t n;

	if (*s) {
		n = digits(s + 1, &v);
		if (s[0] != ':' || !n || s[1 + n])
			return fail(EINVAL);
	}
	if (v < 1 || v > 65535)
		return fail(ERANGE);
	*port_r = (uint16_t)v;
	return 0;
}

int
value_host(struct policy_addr *a, const char *s)
{
	int v6 = s[0] == '[', family;
	size_t n;

	memset(a, 0, sizeof *a);
	s += v6;
	n = strcspn(s, v6 ? "]" : ":");
	if (n >= sizeof a->host || (v6 && s[n] != ']'))
		return fail(EINVAL);
	memcpy(a->host, s, n);
	if (scan_port(s + n + v6, &a->port) == -1)
		return -1;
	family = value_source(a->ip, a->host);
	if (family == -1)
		return -1;
	if (family != (v6 ? 6 : 4))
		return fail(EINVAL);
	a->family = (uint8_t)family;
	return 0;
}

char *
value_fmt(char *d, enum policykey_kind kind, uint64_t v)
{
	const struct unit *u = units(kind), *best = u;

	if (kind == POLICYKEY_YESNO) {
		snprintf(d, VALUE_FMTMAX, "%s", v ? "yes" : "no");
		return d;
	}
	while (v && (++u)->factor)
		if (v % u->factor == 0)
			best = u;
	snprintf(d, VALUE_FMTMAX, "%" PRIu64 "%.1s", v / best->factor,
	    best->c ? &best->c : "");
	return d;
}

const char *
value_show(char *d, const struct policykey *k, uint64_t v)
{
	if (k->kind == POLICYKEY_WORD)
		return k->words[v <= k->max ? v : 0];
	return value_fmt(d, k->kind, v);
}
