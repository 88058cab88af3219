#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include <skalibs/types.h>

#include "cmd/dray-smtpd/auth.h"
#include "cmd/dray-smtpd/crowd.h"
#include "cmd/dray-smtpd/xclient.h"
#include "common/addr.h"

#define VALUEMAX 256

/* What was said; it holds when all of it is good. */
struct said {
	struct net_addr addr; /* family 0: nothing */
	const char *helo; /* NULL: nothing; "": not known */
	char room[VALUEMAX];
	int smtp; /* not ESMTP */
};

static int
hex(char c)
{
	static const char digits[] = "0123456789ABCDEF";
	const char *p = c ? strchr(digits, c) : NULL;

	return p ? (int)(p - digits) : -1;
}

/* xtext (RFC 3461 4) of n octets; -1 if it is none, or too long, or has control
 * characters. */
static int
decode(char *d, const char *s, size_t n)
{
	size_t i, k = 0;
	int c, high, low;

	for (i = 0; i < n && k < VALUEMAX - 1; i++) {
		c = (unsigned char)s[i];
		if (c == '+') {
			high = n - i < 3 ? -1 : hex(s[i + 1]);
			low = high == -1 ? -1 : hex(s[i + 2]);
			if (high < 0 || low < 0)
				return -1;
			c = high * 16 + low;
			i += 2;
		}
		if (c < ' ' || c == 127)
			return -1;
		d[k++] = (char)c;
	}
	d[k] = '\0';
	return i == n && k ? 0 : -1;
}

static int
parse_addr(struct net_addr *a, const char *v)
{
	static const uint8_t mapped[12] = { [10] = 255, [11] = 255 };
	int is6 = !strncasecmp(v, "IPV6:", 5);

	memset(a, 0, sizeof *a);
	if (inet_pton(is6 ? AF_INET6 : AF_INET, is6 ? v + 5 : v, a->ip) != 1)
		return -1;
	a->family = is6 ? 6 : 4;
	if (is6 && !memcmp(a->ip, mapped, sizeof mapped)) {
		a->family = 4;
		memmove(a->ip, a->ip + 12, 4);
		memset(a->ip + 4, 0, 12);
	}
	return 0;
}

static int
is_port(const char *v)
{
	unsigned int n;

	return strlen(v) < 6 && uint0_scan(v, &n) && n < 65536;
}

/* One attribute with its value; -1 if that cannot be. */
static int
take(struct said *w, const char *name, const char *v)
{
	int unknown =
	    !strcasecmp(v, "[UNAVAILABLE]") || !strcasecmp(v, "[TEMPUNAVAIL]");
	struct net_addr other;

	if (!strcasecmp(name, "ADDR"))
		return unknown ? 0 : parse_addr(&w->addr, v);
	if (!strcasecmp(name, "HELO")) {
		if (!unknown && !addr_domain_ok(v, strlen(v)))
			return -1;
		memcpy(w->room, unknown ? "" : v, unknown ? 1 : strlen(v) + 1);
		w->helo = w->room;
		return 0;
	}
	if (!strcasecmp(name, "PROTO")) {
		w->smtp = !strcasecmp(v, "SMTP");
		return unknown || w->smtp || !strcasecmp(v, "ESMTP") ? 0 : -1;
	}
	if (!strcasecmp(name, "NAME"))
		return 0;
	if (!strcasecmp(name, "PORT") || !strcasecmp(name, "DESTPORT"))
		return unknown || is_port(v) ? 0 : -1;
	if (!strcasecmp(name, "DESTADDR"))
		return unknown ? 0 : parse_addr(&other, v);
	return !strcasecmp(name, "LOGIN") && unknown ? 0 : -1;
}

/* "NAME=VALUE NAME=VALUE"; -1 if one of them is not good. */
static int
parse(struct said *w, const char *s, size_t n)
{
	char name[16], value[VALUEMAX];
	size_t k, len;
	const char *eq;

	for (; n; s += k, n -= k) {
		for (k = 0; k < n && s[k] != ' '; k++)
			;
		eq = memchr(s, '=', k);
		len = eq ? (size_t)(eq - s) : 0;
		if (!len || len >= sizeof name ||
		    decode(value, eq + 1, k - len - 1) == -1)
			return -1;
		memcpy(name, s, len);
		name[len] = '\0';
		if (take(w, name, value) == -1)
			return -1;
		while (k < n && s[k] == ' ')
			k++;
	}
	return 0;
}

/* -1: too many come from there. */
static int
move(struct talk *t, const struct net_addr *a)
{
	struct crowd *c = crowd_enter(a, t->sm->limit.network);

	if (!c)
		return -1;
	crowd_leave(t->crowd);
	t->crowd = c;
	t->addr = *a;
	net_fmt(t->peer, a);
	return 0;
}

void
talk_cmd_xclient(struct talk *t, const char *arg, size_t n)
{
	struct said w = { .helo = NULL };

	if (!t->xclient) {
		talk_reply(t, "550 5.7.0 not from you");
		return;
	}
	if (t->m) {
		talk_reply(t, "503 5.5.1 not within a message");
		return;
	}
	if (!n || parse(&w, arg, n) == -1) {
		talk_reply(t,
		    "501 5.5.4 one of " XCLIENT_ATTRIBUTES
		    " has no good value");
		return;
	}
	if (w.addr.family && move(t, &w.addr) == -1) {
		talk_reply(
		    t, "421 4.7.0 too many connections from that network");
		t->state = TALK_END;
		return;
	}
	auth_free(t);
	t->helo[0] = '\0';
	if (w.helo)
		memcpy(t->helo, w.helo, strlen(w.helo) + 1);
	t->esmtp = !w.smtp;
	talk_start(t);
}
