#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cmd/dray-policy/value.h"
#include "common/addr.h"
#include "common/amount.h"
#include "common/chars.h"
#include "common/idn.h"

#define PORT_SMTP 25

static int
fail(int e)
{
	errno = e;
	return -1;
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
		n = amount_digits(s + 1, &v);
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

int
value_label(char *d, const char *s)
{
	size_t n = strlen(s);

	if (!n || n > POLICY_LABELMAX)
		return fail(n ? ERANGE : EINVAL);
	if (!chars_name(s, n))
		return fail(EINVAL);
	memcpy(d, s, n + 1);
	return 0;
}

int
value_pattern(char *d, const char *s)
{
	char name[POLICY_NAMEMAX + 2], domain[POLICY_NAMEMAX + 1];
	size_t n = strlen(s);
	int dot = *s == '.', len;

	if (n >= sizeof name)
		return fail(ERANGE);
	memcpy(name, s, n + 1);
	/* As DNS tools print names; an MX host never has that dot here. */
	if (n > 1 && name[n - 1] == '.')
		name[n - 1] = '\0';
	if (value_domain(domain, name + dot) == -1)
		return -1;
	len = snprintf(d, POLICY_NAMEMAX + 1, "%s%s", dot ? "." : "", domain);
	return len > POLICY_NAMEMAX ? fail(ERANGE) : 0;
}

int
value_sender(char *d, const char *s)
{
	struct addr a;
	size_t n = strlen(s);

	if (!strcmp(s, "<>") || !strcmp(s, "*")) {
		memcpy(d, s, n + 1);
		return 0;
	}
	if (!strchr(s, '@'))
		return value_pattern(d, s);
	if (addr_split(s, n, &a) == -1 || a.utf8 || a.idn)
		return fail(EINVAL);
	addr_lower(d, s, n);
	d[n] = '\0';
	return 0;
}

/* Whether all bits behind the prefix are zeroes. */
static int
is_network(const uint8_t *ip, unsigned int bits)
{
	unsigned int i;

	for (i = bits; i < 128; i++)
		if (ip[i / 8] & 0x80 >> i % 8)
			return 0;
	return 1;
}

int
value_network(uint8_t *family_r, uint8_t *bits_r, uint8_t *ip, const char *s)
{
	size_t n = strcspn(s, "/");
	char text[INET6_ADDRSTRLEN];
	int v6 = strchr(s, ':') != NULL;
	uint64_t bits = v6 ? 128 : 32, most = bits;

	if (n >= sizeof text)
		return fail(EINVAL);
	memcpy(text, s, n);
	text[n] = '\0';
	memset(ip, 0, 16);
	if (inet_pton(v6 ? AF_INET6 : AF_INET, text, ip) != 1)
		return fail(EINVAL);
	if (s[n] &&
	    (!amount_digits(s + n + 1, &bits) ||
		s[n + 1 + strspn(s + n + 1, "0123456789")]))
		return fail(EINVAL);
	if (bits > most || !is_network(ip, (unsigned int)bits))
		return fail(ERANGE);
	*family_r = v6 ? 6 : 4;
	*bits_r = (uint8_t)bits;
	return 0;
}
