/*
 * keys_preload - loaded before libssl into OpenSMTPD 6.8, which was written for
 * OpenSSL 1.1: it changes what EVP_PKEY_get1_RSA or EVP_PKEY_get1_EC_KEY gave
 * it and expects the key to change.  With OpenSSL 3 that is a copy, and no TLS handshake succeeds.  Here
 * the copy is put back, as later versions do themselves.
 */
#include <dlfcn.h>
#include <string.h>

struct ec_key_st;
struct rsa_st;
struct ssl_ctx_st;
struct evp_pkey_st;

/* Programs without OpenSSL get this too, as they run in the same place. */
#define WEAK __attribute__((weak))

struct rsa_st *EVP_PKEY_get1_RSA(struct evp_pkey_st *) WEAK;
int EVP_PKEY_set1_RSA(struct evp_pkey_st *, struct rsa_st *) WEAK;
struct ec_key_st *EVP_PKEY_get1_EC_KEY(struct evp_pkey_st *) WEAK;
int EVP_PKEY_set1_EC_KEY(struct evp_pkey_st *, struct ec_key_st *) WEAK;
int SSL_CTX_use_PrivateKey(struct ssl_ctx_st *, struct evp_pkey_st *);

int
SSL_CTX_use_PrivateKey(struct ssl_ctx_st *ctx, struct evp_pkey_st *key)
{
	int (*real)(struct ssl_ctx_st *, struct evp_pkey_st *);
	void *sym = dlsym(RTLD_NEXT, "SSL_CTX_use_PrivateKey");
	struct rsa_st *rsa = EVP_PKEY_get1_RSA(key);
	struct ec_key_st *ec = EVP_PKEY_get1_EC_KEY(key);

	if (!sym)
		return 0;
	memcpy(&real, &sym, sizeof real);
	if (rsa && !EVP_PKEY_set1_RSA(key, rsa))
		return 0;
	if (ec && !EVP_PKEY_set1_EC_KEY(key, ec))
		return 0;
	return real(ctx, key);
}
