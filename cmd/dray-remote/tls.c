#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <skalibs/strerr.h>

#include "common/mem.h"
#include "common/tlsctx.h"

#include "lane.h"
#include "records.h"
#include "session.h"
#include "tls.h"
#include "worker.h"

struct tls {
	SSL_CTX *blind; /* looks at no certificate */
	SSL_CTX *verify;
	BIO_METHOD *socket;
	struct session_cache *sessions;
};

static char why[REMOTE_WHYMAX + 1];

const char *
tls_why(void)
{
	return why;
}

static struct session_key
key(const struct lane *l)
{
	const struct target *t = &l->targets[l->at];
	struct session_key k = { l->source, t->ip, t->port, l->mode, t->host };

	return k;
}

/* OpenSSL has a session for us; 1 means that we keep it. */
static int
on_session(SSL *ssl, SSL_SESSION *s)
{
	struct lane *l = SSL_get_app_data(ssl);
	struct session_key k = key(l);

	if (!SSL_SESSION_is_resumable(s))
		return 0;
	session_put(l->w->tls->sessions, &k, s);
	return 1;
}

/* In place of looking at a chain: strangers' certificates cost nothing. */
static int
no_look(X509_STORE_CTX *c, void *arg)
{
	(void)c;
	(void)arg;
	return 1;
}

static SSL_CTX *
context(void)
{
	SSL_CTX *c = tlsctx_new(TLS_client_method());

	SSL_CTX_set_read_ahead(c, 1);
	SSL_CTX_set_session_cache_mode(
	    c, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(c, on_session);
	return c;
}

/* All of a file at once: a directory would be looked up as it is needed, which
 * is too late. */
static void
load_authorities(SSL_CTX *c)
{
	const char *file = getenv(X509_get_default_cert_file_env());

	if (!file || !*file)
		file = X509_get_default_cert_file();
	if (!SSL_CTX_load_verify_file(c, file))
		strerr_warnw("no CA certificates: "
			     "no server's certificate will be valid");
	ERR_clear_error();
}

struct tls *
tls_new(void)
{
	struct tls *t = mem_alloc(sizeof *t);

	tlsctx_init();
	t->blind = context();
	SSL_CTX_set_security_level(t->blind, 0);
	SSL_CTX_set_cert_verify_callback(t->blind, no_look, NULL);
	t->verify = context();
	SSL_CTX_set_verify(t->verify, SSL_VERIFY_PEER, NULL);
	load_authorities(t->verify);
	t->socket = records_method();
	t->sessions = session_new();
	return t;
}

static int
is_address(const char *s)
{
	struct in6_addr ip;

	return inet_pton(AF_INET, s, &ip) == 1 ||
	    inet_pton(AF_INET6, s, &ip) == 1;
}

/* The name in the handshake, and the one to check.  Without a dot at its end,
 * which certificates do not have either. */
static void
set_name(SSL *ssl, const char *host, int check)
{
	char name[ORDER_HOSTMAX + 1];
	size_t n = strlen(host);

	memcpy(name, host, n + 1);
	if (n && name[n - 1] == '.')
		name[n - 1] = '\0';
	if (*name && !is_address(name))
		(void)SSL_set_tlsext_host_name(ssl, name);
	if (!check)
		return;
	SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	/* A name that nobody can have, if there is none. */
	if (!SSL_set1_host(ssl, *name ? name : "."))
		strerr_dief(111, "out of memory");
}

static SSL *
new_ssl(struct lane *l, SSL_CTX *c)
{
	SSL *ssl = SSL_new(c);
	BIO *b = BIO_new(l->w->tls->socket);

	if (!ssl || !b)
		strerr_dief(111, "out of memory");
	BIO_set_data(b, l);
	BIO_set_init(b, 1);
	SSL_set_bio(ssl, b, b);
	SSL_set_app_data(ssl, l);
	SSL_set_connect_state(ssl);
	return ssl;
}

void
tls_begin(struct lane *l)
{
	struct tls *t = l->w->tls;
	int check = l->mode == REMOTE_TLS_VERIFY;
	struct session_key k = key(l);
	SSL_SESSION *s;
	SSL *ssl = new_ssl(l, check ? t->verify : t->blind);

	l->tls.ssl = ssl;
	set_name(ssl, k.name, check);
	s = l->tls.fresh ? NULL : session_take(t->sessions, &k);
	if (!s)
		return;
	l->tls.offered = (uint8_t)SSL_set_session(ssl, s);
	SSL_SESSION_free(s);
}

static void
explain(const SSL *ssl)
{
	long v = SSL_get_verify_result(ssl);
	const char *s = ERR_reason_error_string(ERR_peek_error());

	snprintf(why, sizeof why, "TLS: %s%s%s", s ? s : "failed",
	    v == X509_V_OK ? "" : ": ",
	    v == X509_V_OK ? "" : X509_verify_cert_error_string(v));
}

void
tls_broken(struct lane *l, int error)
{
	l->tls.dead = 1;
	/* That is no reason not to resume the session. */
	SSL_set_shutdown(l->tls.ssl, SSL_SENT_SHUTDOWN);
	snprintf(why, sizeof why, "%s", strerror(error));
	errno = EPROTO;
}

int
tls_failed(struct lane *l, int r)
{
	int saved = errno;

	switch (SSL_get_error(l->tls.ssl, r)) {
	case SSL_ERROR_WANT_READ:
	case SSL_ERROR_WANT_WRITE:
		errno = EAGAIN;
		return -1;
	case SSL_ERROR_ZERO_RETURN:
		return 0;
	case SSL_ERROR_SYSCALL:
		if (!saved)
			return 0;
		tls_broken(l, saved);
		return -1;
	default:
		l->tls.dead = 1;
		explain(l->tls.ssl);
	}
	errno = EPROTO;
	return -1;
}

int
tls_handshake(struct lane *l)
{
	int r;

	ERR_clear_error();
	errno = 0;
	r = SSL_do_handshake(l->tls.ssl);
	if (r == 1) {
		l->tls.up = 1;
		l->tls.want_write = 0;
		return 1;
	}
	l->tls.want_write = SSL_want_write(l->tls.ssl);
	r = tls_failed(l, r);
	if (r == -1 && errno == EAGAIN)
		return 0;
	if (r == 0)
		snprintf(why, sizeof why, "TLS: connection closed");
	return -1;
}

void
tls_forget(struct lane *l)
{
	struct session_key k = key(l);

	session_forget(l->w->tls->sessions, &k);
}

void
tls_end(struct lane *l)
{
	struct ssl_st *ssl = l->tls.ssl;

	l->tls.ssl = NULL;
	l->tls.up = l->tls.proven = l->tls.offered = 0;
	l->tls.want_read = l->tls.want_write = l->tls.unread = 0;
	if (!ssl)
		return;
	ERR_clear_error();
	/* Its session is worth something unless TLS itself failed. */
	if (!l->tls.dead && SSL_is_init_finished(ssl))
		(void)SSL_shutdown(ssl);
	l->tls.dead = 0;
	SSL_free(ssl);
	records_reset(l);
}

uint8_t
tls_version(const struct lane *l)
{
	if (!l->tls.up)
		return 0;
	return SSL_version(l->tls.ssl) == TLS1_3_VERSION ? 0x13 : 0x12;
}

const char *
tls_cipher(const struct lane *l)
{
	return l->tls.up ? SSL_get_cipher_name(l->tls.ssl) : "";
}

uint8_t
tls_flags(const struct lane *l)
{
	uint32_t f = 0;

	if (l->tls.up && l->mode == REMOTE_TLS_VERIFY)
		f |= REMOTE_TLS_VERIFIED;
	if (l->tls.up && SSL_session_reused(l->tls.ssl))
		f |= REMOTE_TLS_RESUMED;
	return (uint8_t)f;
}
