#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/dray-smtpd/proxy.h"

#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n"
#define SIGLEN 12
#define HEADLEN 16

/* What stands in front of the next blank, or of the end; past it. */
static int
word(char *d, size_t max, const char **s, const char *end)
{
	const char *b = memchr(*s, ' ', (size_t)(end - *s));
	size_t n = (size_t)((b ? b : end) - *s);

	if (!n || n >= max)
		return -1;
	memcpy(d, *s, n);
	d[n] = '\0';
	*s = b ? b + 1 : end;
	return b || *s == end ? 0 : -1;
}

static int
is_port(const char *s)
{
	unsigned long v = 0;
	size_t n;

	for (n = 0; s[n] >= '0' && s[n] <= '9' && n < 6; n++)
		v = v * 10 + (unsigned long)(s[n] - '0');
	return n && !s[n] && v < 65536 && (n == 1 || s[0] != '0');
}

/* "TCP4 SOURCE DESTINATION PORT PORT" */
static int
parse_words(struct proxy *p, const char *s, const char *end)
{
	char kind[16], from[64], to[64], port[2][8];
	uint8_t other[16];
	int family;

	if (word(kind, sizeof kind, &s, end) == -1)
		return -1;
	if (!strcmp(kind, "UNKNOWN"))
		return 0;
	if (strcmp(kind, "TCP4") != 0 && strcmp(kind, "TCP6") != 0)
		return -1;
	p->addr.family = kind[3] == '4' ? 4 : 6;
	family = p->addr.family == 4 ? AF_INET : AF_INET6;
	if (end[-1] == ' ' || word(from, sizeof from, &s, end) == -1 ||
	    word(to, sizeof to, &s, end) == -1 ||
	    word(port[0], sizeof port[0], &s, end) == -1 ||
	    word(port[1], sizeof port[1], &s, end) == -1 || s != end ||
	    inet_pton(family, from, p->addr.ip) != 1 ||
	    inet_pton(family, to, other) != 1 || !is_port(port[0]) ||
	    !is_port(port[1]))
		return -1;
	p->addr.port = (uint16_t)strtoul(port[0], NULL, 10);
	p->known = 1;
	return 0;
}

static int
parse_line(struct proxy *p, const char *s, size_t n)
{
	size_t most = n < PROXY_LINEMAX ? n : PROXY_LINEMAX;
	const char *nl = memchr(s, '\n', most);

	if (!nl)
		return n < PROXY_LINEMAX ? 0 : -1;
	if (nl - s < 7 || nl[-1] != '\r' || memchr(s, '\0', (size_t)(nl - s)) ||
	    parse_words(p, s + 6, nl - 1) == -1)
		return -1;
	return (int)(nl - s) + 1;
}

static uint16_t
port_at(const char *s)
{
	const unsigned char *u = (const unsigned char *)s;

	return (uint16_t)(u[0] << 8 | u[1]);
}

static int
parse_addresses(struct proxy *p, unsigned int kind, const char *s, size_t len)
{
	switch (kind) {
	case 0x00:
	case 0x31:
		return 0;
	case 0x11:
		if (len < 12)
			return -1;
		p->addr.family = 4;
		memcpy(p->addr.ip, s, 4);
		p->addr.port = port_at(s + 8);
		break;
	case 0x21:
		if (len < 36)
			return -1;
		p->addr.family = 6;
		memcpy(p->addr.ip, s, 16);
		p->addr.port = port_at(s + 32);
		break;
	default:
		return -1;
	}
	p->known = 1;
	return 0;
}

static int
parse_binary(struct proxy *p, const char *s, size_t n)
{
	const unsigned char *u = (const unsigned char *)s;
	size_t len;

	if (n < HEADLEN)
		return 0;
	len = (size_t)u[14] << 8 | u[15];
	if (u[12] >> 4 != 2 || (u[12] & 15) > 1 || len > PROXY_MAX - HEADLEN)
		return -1;
	if (n < HEADLEN + len)
		return 0;
	if ((u[12] & 15) == 1 &&
	    parse_addresses(p, u[13], s + HEADLEN, len) == -1)
		return -1;
	return (int)(HEADLEN + len);
}

/* An IPv4 address in an IPv6 one is IPv4, as of sockets. */
static void
settle(struct proxy *p)
{
	static const uint8_t mapped[12] = { [10] = 255, [11] = 255 };

	if (!p->known || p->addr.family != 6 ||
	    memcmp(p->addr.ip, mapped, sizeof mapped) != 0)
		return;
	p->addr.family = 4;
	memmove(p->addr.ip, p->addr.ip + 12, 4);
	memset(p->addr.ip + 4, 0, 12);
}

int
proxy_parse(struct proxy *p, const char *s, size_t n)
{
	int r = -1;

	memset(p, 0, sizeof *p);
	if (!memcmp(s, SIGNATURE, n < SIGLEN ? n : SIGLEN))
		r = n < SIGLEN ? 0 : parse_binary(p, s, n);
	else if (!memcmp(s, "PROXY ", n < 6 ? n : 6))
		r = n < 6 ? 0 : parse_line(p, s, n);
	settle(p);
	return r;
}
