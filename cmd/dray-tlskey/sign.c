#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "cmd/dray-tlskey/sign.h"
#include "common/mem.h"
#include "common/tlskeyproto.h"

static const EVP_MD *
digest(uint8_t hash)
{
	switch (hash) {
	case TLSKEY_SHA256:
		return EVP_sha256();
	case TLSKEY_SHA384:
		return EVP_sha384();
	case TLSKEY_SHA512:
		return EVP_sha512();
	default:
		return NULL;
	}
}

static int
pad(EVP_PKEY *key, EVP_PKEY_CTX *c, uint8_t padding)
{
	if (!padding)
		return 1;
	return padding == TLSKEY_PSS && EVP_PKEY_is_a(key, "RSA") &&
	    EVP_PKEY_CTX_set_rsa_padding(c, RSA_PKCS1_PSS_PADDING) == 1 &&
	    EVP_PKEY_CTX_set_rsa_pss_saltlen(c, RSA_PSS_SALTLEN_DIGEST) == 1;
}

size_t
sign(EVP_PKEY *key, uint8_t hash, uint8_t padding, const void *text, size_t n,
    unsigned char *sig)
{
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	const EVP_MD *md = digest(hash);
	EVP_PKEY_CTX *k = NULL;
	size_t len = TLSKEY_SIGMAX;

	mem_check(c != NULL);
	if (!md || EVP_DigestSignInit(c, &k, md, NULL, key) != 1 ||
	    !pad(key, k, padding) || EVP_DigestSign(c, sig, &len, text, n) != 1)
		len = 0;
	EVP_MD_CTX_free(c);
	ERR_clear_error();
	return len;
}
