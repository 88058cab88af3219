#include <errno.h>
#include <string.h>

#include "common/policyfmt.h"

void
policyfmt_pack_smtpd(struct policyfmt_buf *d, const struct policy_smtpd *s)
{
	policyfmt_put_group(d, &policykey_smtpd, s);
}

int
policyfmt_unpack_smtpd(const void *p, size_t n, struct policy_smtpd *s_r)
{
	struct policyfmt_cursor c = { p, n, 0 };

	memset(s_r, 0, sizeof *s_r);
	policyfmt_get_group(&c, &policykey_smtpd, s_r);
	return policyfmt_get_end(&c);
}

void
policyfmt_pack_returns(struct policyfmt_buf *d, const struct policy_returns *s)
{
	policyfmt_put_group(d, &policykey_returns, s);
}

int
policyfmt_unpack_returns(const void *p, size_t n, struct policy_returns *s_r)
{
	struct policyfmt_cursor c = { p, n, 0 };

	memset(s_r, 0, sizeof *s_r);
	policyfmt_get_group(&c, &policykey_returns, s_r);
	return policyfmt_get_end(&c);
}

/* Its name, five octets, an address, a port and three lists of networks. */
#define LISTENER_MOST \
	(2 + POLICY_LABELMAX + 5 + 16 + 8 + 2 + 3 * (1 + POLICY_TRUSTMAX * 18))
_Static_assert(1 + POLICY_LISTENERMAX * LISTENER_MOST <=
	sizeof(((struct policyfmt_buf *)0)->s),
    "room for all listeners");

static void
put_nets(struct policyfmt_buf *d, const struct policy_net *t, unsigned int n)
{
	unsigned int i;

	policyfmt_put_number(d, n, 1);
	for (i = 0; i < n; i++, t++) {
		policyfmt_put_number(d, t->family, 1);
		policyfmt_put_number(d, t->bits, 1);
		policyfmt_put_octets(d, t->ip, sizeof t->ip);
	}
}

void
policyfmt_pack_listener(
    struct policyfmt_buf *d, const struct policy_listener *s)
{
	policyfmt_put_string(d, s->name);
	policyfmt_put_number(d, s->role, 1);
	policyfmt_put_number(d, s->rates, 1);
	policyfmt_put_number(d, s->tls, 1);
	policyfmt_put_number(d, s->auth, 1);
	policyfmt_put_number(d, s->family, 1);
	policyfmt_put_octets(d, s->ip, sizeof s->ip);
	policyfmt_put_number(d, s->port, 8);
	policyfmt_put_number(d, s->normalise, 1);
	put_nets(d, s->trust, s->ntrust);
	put_nets(d, s->proxy, s->nproxy);
	put_nets(d, s->xclient, s->nxclient);
}

static unsigned int
get_nets(struct policyfmt_cursor *c, struct policy_net *t)
{
	unsigned int i, n = policyfmt_get_range(c, 1, 0, POLICY_TRUSTMAX);

	for (i = 0; i < n; i++, t++) {
		t->family = policyfmt_get_family(c, 0);
		t->bits =
		    policyfmt_get_range(c, 1, 1, t->family == 6 ? 128 : 32);
		policyfmt_get_ip(c, t->ip);
	}
	return n;
}

static void
get_listener(struct policyfmt_cursor *c, struct policy_listener *l)
{
	policyfmt_get_string(c, l->name, sizeof l->name);
	l->role =
	    policyfmt_get_range(c, 1, POLICY_SUBMISSION, POLICY_ROLE_RETURNS);
	l->rates = policyfmt_get_range(c, 1, 0, 1);
	l->tls = policyfmt_get_range(
	    c, 1, POLICY_LISTEN_CLEAR, POLICY_LISTEN_IMPLICIT);
	l->auth = policyfmt_get_range(c, 1, 0, 1);
	l->family = policyfmt_get_family(c, 0);
	policyfmt_get_ip(c, l->ip);
	l->port = policyfmt_get_range(c, 8, 1, 65535);
	l->normalise = policyfmt_get_range(c, 1, 0, 1);
	l->ntrust = get_nets(c, l->trust);
	l->nproxy = get_nets(c, l->proxy);
	l->nxclient = get_nets(c, l->xclient);
	if (!*l->name)
		c->bad = 1;
}

int
policyfmt_unpack_listeners(
    const void *p, size_t n, struct policy_listener s_r[POLICY_LISTENERMAX])
{
	struct policyfmt_cursor c = { p, n, 0 };
	unsigned int i,
	    count = policyfmt_get_range(&c, 1, 0, POLICY_LISTENERMAX);

	memset(s_r, 0, POLICY_LISTENERMAX * sizeof *s_r);
	for (i = 0; i < count; i++)
		get_listener(&c, &s_r[i]);
	return policyfmt_get_end(&c) == -1 ? -1 : (int)count;
}

void
policyfmt_pack_certificate(
    struct policyfmt_buf *d, const struct policy_certificate *s)
{
	policyfmt_put_string(d, s->name);
	policyfmt_put_string(d, s->chain);
	policyfmt_put_string(d, s->key);
}

int
policyfmt_unpack_certificate(
    const void *p, size_t n, struct policy_certificate *s_r)
{
	struct policyfmt_cursor c = { p, n, 0 };

	memset(s_r, 0, sizeof *s_r);
	policyfmt_get_string(&c, s_r->name, sizeof s_r->name);
	policyfmt_get_text(&c, s_r->chain, sizeof s_r->chain);
	policyfmt_get_text(&c, s_r->key, sizeof s_r->key);
	return policyfmt_get_end(&c);
}
