#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <skalibs/strerr.h>

#include "cmd/dray-smtpd/keyprov.h"
#include "cmd/dray-smtpd/keys.h"
#include "cmd/dray-smtpd/ticket.h"
#include "cmd/dray-smtpd/tls.h"
#include "common/mem.h"
#include "common/tlsctx.h"

/* All with keys of the session alone: a key that is found out later opens
 * nothing, and no key has to decrypt. */
#define CIPHERS "ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES:!aNULL:!eNULL:!SHA1"
/* Those that dray-tlskey makes. */
#define SIGNATURES                                               \
	"ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512:RSA-PSS+SHA256:" \
	"RSA-PSS+SHA384:RSA-PSS+SHA512:RSA+SHA256:RSA+SHA384:RSA+SHA512"

struct tls_conn {
	SSL *ssl;
	int fd;
	const char *in; /* what came and was not read */
	size_t inlen;
	int up, ended;
};

static SSL_CTX *ctx;
static BIO_METHOD *method;

static int
bio_write(BIO *b, const char *s, int n)
{
	const struct tls_conn *c = BIO_get_data(b);
	ssize_t r = send(c->fd, s, (size_t)n, MSG_NOSIGNAL);

	BIO_clear_retry_flags(b);
	if (r == -1 && (errno == EAGAIN || errno == EINTR))
		BIO_set_retry_write(b);
	return (int)r;
}

static int
bio_read(BIO *b, char *d, int n)
{
	struct tls_conn *c = BIO_get_data(b);
	size_t k = (size_t)n < c->inlen ? (size_t)n : c->inlen;

	BIO_clear_retry_flags(b);
	if (!k) {
		BIO_set_retry_read(b);
		return -1;
	}
	memcpy(d, c->in, k);
	c->in += k;
	c->inlen -= k;
	return (int)k;
}

static long
bio_ctrl(BIO *b, int what, long n, void *p)
{
	(void)b;
	(void)n;
	(void)p;
	return what == BIO_CTRL_FLUSH;
}

static int
on_hello(SSL *ssl, void *arg)
{
	(void)arg;
	return keys_choose(ssl,
		   SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name)) == 0;
}

void
tls_start(void)
{
	static const unsigned char context[] = "dray-smtpd";

	tlsctx_init();
	keyprov_start();
	ctx = tlsctx_new(TLS_server_method());
	method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "client");
	if (!method || !BIO_meth_set_write(method, bio_write) ||
	    !BIO_meth_set_read(method, bio_read) ||
	    !BIO_meth_set_ctrl(method, bio_ctrl) ||
	    !SSL_CTX_set_cipher_list(ctx, CIPHERS) ||
	    !SSL_CTX_set1_sigalgs_list(ctx, SIGNATURES) ||
	    !SSL_CTX_set_session_id_context(ctx, context, sizeof context - 1))
		strerr_dief(111, "cannot set up OpenSSL");
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_num_tickets(ctx, 1);
	SSL_CTX_set_timeout(ctx, (TLSKEY_TICKETS - 1) * TLSKEY_LIFE);
	SSL_CTX_set_options(ctx, SSL_OP_CIPHER_SERVER_PREFERENCE);
	SSL_CTX_set_cert_cb(ctx, on_hello, NULL);
	ticket_start(ctx);
}

struct tls_conn *
tls_new(int fd)
{
	struct tls_conn *c = mem_alloc(sizeof *c);
	BIO *b = BIO_new(method);

	c->fd = fd;
	c->ssl = SSL_new(ctx);
	if (!c->ssl || !b)
		strerr_dief(111, "out of memory");
	BIO_set_data(b, c);
	BIO_set_init(b, 1);
	SSL_set_bio(c->ssl, b, b);
	SSL_set_accept_state(c->ssl);
	return c;
}

/* What an operation of OpenSSL meant that did not do all: 0 the client has
 * ended, -1 errno. */
static int
failed(struct tls_conn *c, int r)
{
	switch (SSL_get_error(c->ssl, r)) {
	case SSL_ERROR_WANT_READ:
	case SSL_ERROR_WANT_WRITE:
		errno = EAGAIN;
		return -1;
	case SSL_ERROR_ZERO_RETURN:
		c->ended = 1;
		return 0;
	default:
		c->ended = 1;
		SSL_set_shutdown(c->ssl, SSL_SENT_SHUTDOWN);
		ERR_clear_error();
		errno = EPROTO;
		return -1;
	}
}

static int
shake(struct tls_conn *c)
{
	int r = SSL_do_handshake(c->ssl);

	if (r == 1)
		c->up = 1;
	return r == 1 ? 1 : failed(c, r);
}

static ssize_t
take_plain(struct tls_conn *c, char *d)
{
	size_t got = 0;
	int r;

	do {
		r = SSL_read(c->ssl, d + got, (int)(TLS_PLAIN - got));
		if (r > 0)
			got += (size_t)r;
	} while (r > 0 && got < TLS_PLAIN);
	r = r > 0 ? -1 : failed(c, r);
	return got ? (ssize_t)got : r;
}

ssize_t
tls_take(struct tls_conn *c, const char *s, size_t n, char *d)
{
	ssize_t r = -1;

	errno = EPROTO;
	if (c->ended)
		return -1;
	c->in = s;
	c->inlen = n;
	ERR_clear_error();
	if (!c->up)
		r = shake(c);
	if (c->up)
		r = take_plain(c, d);
	c->inlen = 0;
	return r;
}

int
tls_ended(const struct tls_conn *c)
{
	return c->ended;
}

int
tls_up(const struct tls_conn *c)
{
	return c->up;
}

ssize_t
tls_write(struct tls_conn *c, const char *s, size_t n)
{
	int r;

	errno = c->up ? EPROTO : EAGAIN;
	if (c->ended || !c->up)
		return -1;
	ERR_clear_error();
	r = SSL_write(c->ssl, s, (int)n);
	if (r > 0)
		return r;
	if (failed(c, r) == 0)
		errno = EPROTO;
	return -1;
}

int
tls_wants_room(const struct tls_conn *c)
{
	return !c->up && SSL_want_write(c->ssl);
}

void
tls_bye(struct tls_conn *c)
{
	ERR_clear_error();
	if (c->up && !(SSL_get_shutdown(c->ssl) & SSL_SENT_SHUTDOWN))
		(void)SSL_shutdown(c->ssl);
}

const char *
tls_version(const struct tls_conn *c)
{
	return SSL_get_version(c->ssl);
}

const char *
tls_cipher(const struct tls_conn *c)
{
	return SSL_get_cipher_name(c->ssl);
}

void
tls_free(struct tls_conn *c)
{
	if (!c)
		return;
	SSL_free(c->ssl);
	free(c);
}
