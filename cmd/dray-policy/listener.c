#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/dray-policy/listener.h"
#include "cmd/dray-policy/route.h"
#include "cmd/dray-policy/value.h"
#include "common/amount.h"
#include "common/policyfmt.h"

#define TRUST4_MIN 8 /* bits; a wider network is nobody's own */
#define TRUST6_MIN 16

#define ENDS "bare-line-ends"
#define REFUSE "refuse"
#define NORMALISE "normalise"

static const char *const roles[] = { "submission", "relay", "returns" };
static const uint16_t ports[] = { 587, 25, 25 };
static const char *const tls[] = { "no", "may", "required", "implicit" };

#define PORT_IMPLICIT 465 /* RFC 8314 */

_Static_assert(
    POLICY_SUBMISSION == 0 && POLICY_RELAY == 1 && POLICY_ROLE_RETURNS == 2,
    "roles");
_Static_assert(POLICY_LISTEN_CLEAR == 0 && POLICY_LISTEN_MAY == 1 &&
	POLICY_LISTEN_REQUIRED == 2 && POLICY_LISTEN_IMPLICIT == 3,
    "tls");

int
listener_start(struct conf *c, const struct conf_where *w, const char *name)
{
	struct conf_listener *l = conf_zero(sizeof *l);

	l->is.where = *w;
	l->v.family = 4;
	l->v.rates = 1;
	memcpy(l->v.ip, "\177\0\0\1", 4);
	l->v.tls = POLICY_LISTEN_MAY;
	if (value_label(l->is.name, name) == -1)
		conf_mistake(c, w, "[listener %.128s]: not a name", name);
	else if (c->listeners.n == POLICY_LISTENERMAX)
		conf_mistake(c, w, "more than %d [listener] sections",
		    POLICY_LISTENERMAX);
	else if (conf_start(c, &c->listeners, &l->is, "listener") == 0)
		return 0;
	free(l);
	return -1;
}

static void
set_role(struct setting *s, struct conf_listener *l)
{
	if (setting_once(s, &l->role_where) == -1)
		return;
	for (l->v.role = 0; l->v.role <= POLICY_ROLE_RETURNS; l->v.role++)
		if (!strcmp(s->value, roles[l->v.role]))
			return;
	l->v.role = POLICY_SUBMISSION;
	setting_wrong(s, "is none of submission, relay, returns");
}

static void
set_address(struct setting *s, struct conf_listener *l)
{
	uint8_t bits;

	if (setting_once(s, &l->address_where) == 0 &&
	    (strchr(s->value, '/') ||
		value_network(&l->v.family, &bits, l->v.ip, s->value) == -1))
		setting_wrong(s, "is not an address such as 192.0.2.1 or ::1");
}

static void
set_port(struct setting *s, struct conf_listener *l)
{
	uint64_t v;
	size_t n;

	if (setting_once(s, &l->port_where) == -1)
		return;
	n = amount_digits(s->value, &v);
	if (!n || s->value[n] || v < 1 || v > 65535)
		setting_wrong(s, "is not a port from 1 to 65535");
	else
		l->v.port = (uint16_t)v;
}

static void
set_ends(struct setting *s, struct conf_listener *l)
{
	if (setting_once(s, &l->ends_where) == -1)
		return;
	l->v.normalise = !strcmp(s->value, NORMALISE);
	if (!l->v.normalise && strcmp(s->value, REFUSE) != 0)
		setting_wrong(s, "is neither refuse nor normalise");
}

static void
set_auth(struct setting *s, struct conf_listener *l)
{
	if (setting_once(s, &l->auth_where) == -1)
		return;
	l->v.auth = !strcmp(s->value, "yes");
	if (!l->v.auth && strcmp(s->value, "no") != 0)
		setting_wrong(s, "is neither yes nor no");
}

/* What is wrong with one more network, or NULL. */
static const char *
add_net(struct policy_net *all, unsigned int *n, const char *word)
{
	struct policy_net *t = &all[*n];

	if (*n == POLICY_TRUSTMAX)
		return "has more than 32 networks";
	if (value_network(&t->family, &t->bits, t->ip, word) == -1)
		return errno == ERANGE
		    ? "has a network with bits behind its prefix"
		    : "is not a list of networks such as 192.0.2.0/24 ::1";
	if (t->bits < (t->family == 6 ? TRUST6_MIN : TRUST4_MIN))
		return "has a network wider than /8 (IPv6: /16), which would "
		       "make this an open relay";
	++*n;
	return NULL;
}

static void
set_nets(struct setting *s, struct conf_where *w, struct policy_net *all,
    unsigned int *n)
{
	const char *word, *wrong = NULL;
	size_t pos = 0;

	if (setting_once(s, w) == -1)
		return;
	while (!wrong && (word = setting_word(s, &pos)) != NULL)
		wrong = add_net(all, n, word);
	if (!wrong && !*n)
		wrong = "has no network";
	if (wrong)
		setting_wrong(s, wrong);
}

static void
set_rates(struct setting *s, struct conf_listener *l)
{
	if (setting_once(s, &l->rates_where) == -1)
		return;
	l->v.rates = strcmp(s->value, "no") != 0;
	if (l->v.rates && strcmp(s->value, "yes") != 0)
		setting_wrong(s, "is neither yes nor no");
}

static void
set_tls(struct setting *s, struct conf_listener *l)
{
	if (setting_once(s, &l->tls_where) == -1)
		return;
	for (l->v.tls = 0; l->v.tls <= POLICY_LISTEN_IMPLICIT; l->v.tls++)
		if (!strcmp(s->value, tls[l->v.tls]))
			return;
	l->v.tls = POLICY_LISTEN_MAY;
	setting_wrong(s, "is none of no, may, required and implicit");
}

void
listener_pair(struct setting *s)
{
	struct conf_listener *l = s->c->now;

	if (!strcmp(s->key, "role"))
		set_role(s, l);
	else if (!strcmp(s->key, "address"))
		set_address(s, l);
	else if (!strcmp(s->key, "port"))
		set_port(s, l);
	else if (!strcmp(s->key, "auth"))
		set_auth(s, l);
	else if (!strcmp(s->key, "trust"))
		set_nets(s, &l->trust_where, l->v.trust, &l->v.ntrust);
	else if (!strcmp(s->key, "proxy"))
		set_nets(s, &l->proxy_where, l->v.proxy, &l->v.nproxy);
	else if (!strcmp(s->key, "xclient"))
		set_nets(s, &l->xclient_where, l->v.xclient, &l->v.nxclient);
	else if (!strcmp(s->key, ENDS))
		set_ends(s, l);
	else if (!strcmp(s->key, "rates"))
		set_rates(s, l);
	else if (!strcmp(s->key, "tls"))
		set_tls(s, l);
	else
		setting_unknown(s);
}

static void
check_same(struct conf *c, const struct conf_listener *l, size_t before)
{
	const struct conf_listener *o;
	size_t i;

	for (i = 0; i < before; i++) {
		o = c->listeners.item[i];
		if (o->is.bad || o->v.port != l->v.port ||
		    o->v.family != l->v.family ||
		    memcmp(o->v.ip, l->v.ip, sizeof o->v.ip) != 0)
			continue;
		conf_mistake(c, &l->is.where,
		    "[listener %s] has address and port of the one at %s:%u",
		    l->is.name, conf_file(c, &o->is.where), o->is.where.line);
		return;
	}
}

static void
check_tls(struct conf *c, const struct conf_listener *l)
{
	if (l->v.tls >= POLICY_LISTEN_REQUIRED && !c->certificates.n)
		conf_mistake(c, &l->tls_where,
		    "[listener %s] must have TLS, and there is no "
		    "[certificate]",
		    l->is.name);
}

static uint16_t
usual_port(const struct policy_listener *l)
{
	if (l->tls == POLICY_LISTEN_IMPLICIT && l->role == POLICY_SUBMISSION)
		return PORT_IMPLICIT;
	return ports[l->role];
}

/* All the world may bring what comes back, and nobody anything else. */
static void
check_returns(struct conf *c, const struct conf_listener *l)
{
	if (l->v.role != POLICY_ROLE_RETURNS)
		return;
	if (l->trust_where.line)
		conf_mistake(c, &l->trust_where,
		    "[listener %s] trust: means nothing for returns",
		    l->is.name);
	if (l->v.auth)
		conf_mistake(c, &l->auth_where,
		    "[listener %s] auth: nobody logs in for returns",
		    l->is.name);
	if (l->v.normalise)
		conf_mistake(c, &l->ends_where,
		    "[listener %s] " ENDS ": nobody is trusted for returns",
		    l->is.name);
}

void
listener_finish(struct conf *c)
{
	struct conf_listener *l;
	size_t i;

	for (i = 0; i < c->listeners.n; i++) {
		l = c->listeners.item[i];
		memcpy(l->v.name, l->is.name, sizeof l->v.name);
		if (!l->port_where.line)
			l->v.port = usual_port(&l->v);
		if (!l->auth_where.line)
			l->v.auth = l->v.role == POLICY_SUBMISSION;
		if (l->is.bad)
			continue;
		if (!l->role_where.line)
			conf_mistake(c, &l->is.where,
			    "[listener %s] has no role", l->is.name);
		check_returns(c, l);
		check_same(c, l, i);
		check_tls(c, l);
	}
}

static void
put_nets(const struct factline *o, const char *key, const struct policy_net *t,
    unsigned int n, const char *none, const struct conf_where *w)
{
	char text[POLICY_NAMEMAX + 1];
	unsigned int i;

	factline_key(o, key);
	if (!n)
		fputs(none, o->f);
	for (i = 0; i < n; i++, t++)
		fprintf(o->f, "%s%s/%u", i ? " " : "",
		    route_address(text, t->family, t->ip), t->bits);
	factline_where(o, w);
}

void
listener_facts(const struct factline *o, const void *item)
{
	const struct conf_listener *l = item;
	char text[POLICY_NAMEMAX + 1];

	factline_text(o, "role", roles[l->v.role], &l->role_where);
	factline_text(o, "address", route_address(text, l->v.family, l->v.ip),
	    &l->address_where);
	snprintf(text, sizeof text, "%u", l->v.port);
	factline_text(o, "port", text, &l->port_where);
	put_nets(o, "trust", l->v.trust, l->v.ntrust, "127.0.0.0/8 ::1/128",
	    &l->trust_where);
	put_nets(o, "proxy", l->v.proxy, l->v.nproxy, "", &l->proxy_where);
	put_nets(
	    o, "xclient", l->v.xclient, l->v.nxclient, "", &l->xclient_where);
	factline_text(
	    o, ENDS, l->v.normalise ? NORMALISE : REFUSE, &l->ends_where);
	factline_text(o, "rates", l->v.rates ? "yes" : "no", &l->rates_where);
	factline_text(o, "tls", tls[l->v.tls], &l->tls_where);
	factline_text(o, "auth", l->v.auth ? "yes" : "no", &l->auth_where);
}

int
listener_record(struct table_make *m, const struct conf *c)
{
	const struct conf_listener *l;
	struct policyfmt_buf d;
	size_t i;

	d.n = 0;
	policyfmt_put_number(&d, c->listeners.n, 1);
	for (i = 0; i < c->listeners.n; i++) {
		l = c->listeners.item[i];
		policyfmt_pack_listener(&d, &l->v);
	}
	return table_make_add(m, "listeners", strlen("listeners"), d.s, d.n);
}
