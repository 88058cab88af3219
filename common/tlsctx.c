#include <time.h>

#include <openssl/rand.h>
#include <openssl/ssl.h>

#include <skalibs/strerr.h>

#include "common/tlsctx.h"

void
tlsctx_init(void)
{
	/* Libc reads the time zone when times are compared first, even in UTC. */
	tzset();
	if (!OPENSSL_init_ssl(OPENSSL_INIT_LOAD_CONFIG |
		    OPENSSL_INIT_LOAD_SSL_STRINGS |
		    OPENSSL_INIT_LOAD_CRYPTO_STRINGS,
		NULL) ||
	    RAND_status() != 1)
		strerr_dief(111, "cannot set up OpenSSL");
}

struct ssl_ctx_st *
tlsctx_new(const struct ssl_method_st *method)
{
	SSL_CTX *c = SSL_CTX_new(method);

	if (!c || !SSL_CTX_set_min_proto_version(c, TLS1_2_VERSION))
		strerr_dief(111, "cannot set up OpenSSL");
	SSL_CTX_set_options(c,
	    SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
		SSL_OP_IGNORE_UNEXPECTED_EOF);
	SSL_CTX_set_mode(c,
	    SSL_MODE_ENABLE_PARTIAL_WRITE |
		SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
	return c;
}
