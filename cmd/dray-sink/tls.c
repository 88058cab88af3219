/*
 * OpenSSL reads and writes through a BIO of our own: it reads what the caller
 * of tls_input() has brought, and writes to a buffer.  In the handshake that
 * is `flight`, whose octets are then given like any reply: in order, late,
 * in pieces, as the script and the options say.  Later it is c->out.
 */
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <skalibs/strerr.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conn.h"
#include "reply.h"
#include "smtp.h"
#include "tls.h"
#include "tlsconf.h"

struct tls {
	SSL *ssl;
	const char *in; /* what has come and was not read yet */
	size_t inlen;
	struct buf flight;
	struct rule *rule; /* of the phase tls: it waits for its place */
	uint64_t flown; /* octets of the handshake that were given */
	int begun, secure, broken;
};

static int
bio_write(BIO *b, const char *s, int n)
{
	struct conn *c = BIO_get_data(b);

	buf_add(c->tls->secure ? &c->out : &c->tls->flight, s, (size_t)n);
	return n;
}

static int
bio_read(BIO *b, char *d, int n)
{
	struct tls *t = ((struct conn *)BIO_get_data(b))->tls;
	size_t k = (size_t)n < t->inlen ? (size_t)n : t->inlen;

	BIO_clear_retry_flags(b);
	if (!k) {
		BIO_set_retry_read(b);
		return -1;
	}
	memcpy(d, t->in, k);
	t->in += k;
	t->inlen -= k;
	return (int)k;
}

static long
bio_ctrl(BIO *b, int cmd, long arg, void *p)
{
	(void)b;
	(void)arg;
	(void)p;
	return cmd == BIO_CTRL_FLUSH;
}

static BIO *
bio_new(struct conn *c)
{
	static BIO_METHOD *m;
	BIO *b;

	if (!m) {
		m = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "connection");
		if (!m)
			strerr_diefusys(111, "begin with TLS");
		BIO_meth_set_write(m, bio_write);
		BIO_meth_set_read(m, bio_read);
		BIO_meth_set_ctrl(m, bio_ctrl);
	}
	b = BIO_new(m);
	if (!b)
		strerr_diefusys(111, "begin a handshake");
	BIO_set_data(b, c);
	BIO_set_init(b, 1);
	return b;
}

/* A handshake whose end has come when there was one already. */
static void
on_info(const SSL *ssl, int where, int ret)
{
	struct conn *c = BIO_get_data(SSL_get_rbio(ssl));

	(void)ret;
	if (where == SSL_CB_ACCEPT_LOOP && c->tls->secure &&
	    SSL_get_state(ssl) == TLS_ST_SR_FINISHED)
		c->sink->counts.renegotiated++;
}

int
tls_start(struct conn *c, const char *name)
{
	SSL_CTX *ctx = tlsconf_find(c->sink, name);
	BIO *b;

	if (!ctx)
		return -1;
	c->tls = calloc(1, sizeof *c->tls);
	if (!c->tls || !(c->tls->ssl = SSL_new(ctx)))
		strerr_diefusys(111, "begin a handshake");
	b = bio_new(c);
	SSL_set_bio(c->tls->ssl, b, b);
	SSL_set_info_callback(c->tls->ssl, on_info);
	SSL_set_accept_state(c->tls->ssl);
	return 0;
}

void
tls_free(struct conn *c)
{
	if (!c->tls)
		return;
	if (c->tls->begun && !c->tls->secure && !c->tls->broken)
		c->sink->counts.tlsfailed++;
	SSL_free(c->tls->ssl);
	buf_free(&c->tls->flight);
	free(c->tls);
	c->tls = NULL;
}

int
tls_secure(const struct conn *c)
{
	return c->tls && c->tls->secure;
}

/* A rule of the phase tls takes the place of the rest of the handshake, or
   says in what manner the rest is given. */
static void
apply_rule(struct conn *c, const char *s, size_t n)
{
	struct rule *rule = c->tls->rule;

	c->tls->rule = NULL;
	if (rule->act == ACT_DEFAULT) {
		reply_flight(c, rule, s, n);
		if (rule->close)
			conn_dead(c, MODE_DEAD);
		return;
	}
	reply_give(c, rule, 0, "", 0, 0);
	smtp_after(c, rule);
	if (c->mode != MODE_FROZEN)
		conn_dead(c, MODE_DEAD);
}

/* What OpenSSL has to say in a handshake, up to the place of a rule. */
static void
give_flight(struct conn *c)
{
	struct tls *t = c->tls;
	struct buf *f = &t->flight;
	const char *s = f->len ? f->s + f->pos : "";
	size_t k = f->len;

	if (t->rule && t->flown + f->len > t->rule->at) {
		k = (size_t)(t->rule->at - t->flown);
		reply_flight(c, NULL, s, k);
		apply_rule(c, s + k, f->len - k);
	} else {
		reply_flight(c, NULL, s, k);
	}
	t->flown += f->len;
	buf_take(f, f->len);
}

/* It cannot go on: what waits will never be read, but an alert may be. */
static void
fail(struct conn *c)
{
	struct tls *t = c->tls;

	t->broken = 1;
	if (!t->secure)
		c->sink->counts.tlsfailed++;
	if (c->mode >= MODE_DEAD)
		return;
	reply_drop(c);
	buf_take(&c->plain, c->plain.len);
	give_flight(c);
	if (c->mode >= MODE_DEAD)
		return;
	reply_close(c);
	conn_dead(c, MODE_DEAD);
}

/* RFC 3207 4.2: all that was said before is forgotten. */
static void
handshake_done(struct conn *c)
{
	struct sink *s = c->sink;
	struct rule *rule;

	c->tls->secure = 1;
	c->tls->rule = NULL;
	s->counts.handshakes++;
	if (SSL_session_reused(c->tls->ssl))
		s->counts.resumed++;
	buf_free(&c->tls->flight);
	smtp_secure(c);
	rule = smtp_judge(c, PHASE_TLSDONE, NULL);
	if (!rule)
		return;
	reply_give(c, rule, 0, "", 0, 0);
	smtp_after(c, rule);
}

static void
shake(struct conn *c)
{
	struct tls *t = c->tls;
	int r;

	if (!t->begun)
		t->rule = smtp_judge(c, PHASE_TLS, NULL);
	t->begun = 1;
	if (t->rule && !t->rule->at && t->rule->act != ACT_DEFAULT) {
		apply_rule(c, NULL, 0);
		return;
	}
	r = SSL_do_handshake(t->ssl);
	if (r == 1) {
		give_flight(c);
		if (c->mode < MODE_DEAD)
			handshake_done(c);
	} else if (SSL_get_error(t->ssl, r) == SSL_ERROR_WANT_READ) {
		give_flight(c);
	} else {
		fail(c);
	}
}

static void
take_clear(struct conn *c)
{
	struct tls *t = c->tls;
	char *d = c->sink->plain;
	int n;

	while ((n = SSL_read(t->ssl, d, SINK_PLAIN)) > 0) {
		conn_take(c, d, (size_t)n);
		if (!t->inlen && !SSL_has_pending(t->ssl))
			return;
	}
	switch (SSL_get_error(t->ssl, n)) {
	case SSL_ERROR_WANT_READ:
	case SSL_ERROR_WANT_WRITE:
		break;
	case SSL_ERROR_ZERO_RETURN:
		if (c->mode < MODE_DEAD) {
			reply_close(c);
			conn_dead(c, MODE_DEAD);
		}
		break;
	default:
		fail(c);
	}
}

void
tls_input(struct conn *c, const char *s, size_t n)
{
	struct tls *t = c->tls;

	if (t->broken || (c->mode >= MODE_DEAD && !t->secure))
		return;
	t->in = s;
	t->inlen = n;
	ERR_clear_error();
	if (!t->secure)
		shake(c);
	if (t->secure && !t->broken)
		take_clear(c);
	t->inlen = 0;
}

/* In a handshake of the peer's under 1.2 it waits for more input. */
void
tls_push(struct conn *c)
{
	struct buf *b = &c->plain;
	int n;

	ERR_clear_error();
	while (b->len && !c->tls->broken && c->out.len < SINK_OUTHIGH) {
		n = SSL_write(c->tls->ssl, b->s + b->pos, (int)b->len);
		if (n <= 0) {
			if (SSL_get_error(c->tls->ssl, n) == SSL_ERROR_SSL)
				fail(c);
			return;
		}
		buf_take(b, (size_t)n);
	}
}

void
tls_bye(struct conn *c)
{
	ERR_clear_error();
	if (tls_secure(c) && !c->tls->broken && !c->plain.len &&
	    !(SSL_get_shutdown(c->tls->ssl) & SSL_SENT_SHUTDOWN))
		SSL_shutdown(c->tls->ssl);
}

void
tls_renegotiate(struct conn *c)
{
	SSL *ssl = c->tls->ssl;

	if (!tls_secure(c) || c->tls->broken)
		return;
	ERR_clear_error();
	if (SSL_version(ssl) >= TLS1_3_VERSION)
		SSL_key_update(ssl, SSL_KEY_UPDATE_REQUESTED);
	else
		SSL_renegotiate(ssl);
	SSL_do_handshake(ssl);
}

void
tls_text(const struct conn *c, char *d, size_t n)
{
	const SSL *ssl = c->tls->ssl;
	const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
	const char *p;

	/* It comes from the client, who may have put anything there. */
	for (p = name; p && *p; p++)
		if ((unsigned char)*p <= 32 || (unsigned char)*p > 126)
			name = "?";
	snprintf(d, n, "%s %s %s %s", SSL_get_version(ssl),
	    SSL_get_cipher_name(ssl),
	    SSL_session_reused((SSL *)ssl) ? "resumed" : "full",
	    name && *name ? name : "-");
}
