#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "cmd/dray-sign/sign.h"
#include "common/digest.h"
#include "common/mem.h"
#include "common/signproto.h"

size_t
sign_digest(uint8_t alg)
{
	if (alg == SIGN_RSA || alg == SIGN_ED25519)
		return DIGEST_SHA256_LEN;
	return alg == SIGN_RSA_SHA1 ? DIGEST_SHA1_LEN : 0;
}

static size_t
sign_rsa(EVP_PKEY *key, const EVP_MD *md, const unsigned char *digest, size_t n,
    unsigned char *sig)
{
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
	size_t len = SIGN_SIGMAX;

	mem_check(c != NULL);
	if (EVP_PKEY_sign_init(c) != 1 ||
	    EVP_PKEY_CTX_set_rsa_padding(c, RSA_PKCS1_PADDING) != 1 ||
	    EVP_PKEY_CTX_set_signature_md(c, md) != 1 ||
	    EVP_PKEY_sign(c, sig, &len, digest, n) != 1)
		len = 0;
	EVP_PKEY_CTX_free(c);
	return len;
}

static size_t
sign_ed25519(EVP_PKEY *key, const unsigned char *digest, unsigned char *sig)
{
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	size_t len = SIGN_SIGMAX;

	mem_check(c != NULL);
	if (EVP_DigestSignInit(c, NULL, NULL, NULL, key) != 1 ||
	    EVP_DigestSign(c, sig, &len, digest, DIGEST_SHA256_LEN) != 1)
		len = 0;
	EVP_MD_CTX_free(c);
	return len;
}

size_t
sign(
    EVP_PKEY *key, uint8_t alg, const unsigned char *digest, unsigned char *sig)
{
	int rsa = EVP_PKEY_is_a(key, "RSA");
	size_t n = 0;

	if (alg == SIGN_RSA && rsa)
		n = sign_rsa(key, EVP_sha256(), digest, DIGEST_SHA256_LEN, sig);
	else if (alg == SIGN_RSA_SHA1 && rsa)
		n = sign_rsa(key, EVP_sha1(), digest, DIGEST_SHA1_LEN, sig);
	else if (alg == SIGN_ED25519 && EVP_PKEY_is_a(key, "ED25519"))
		n = sign_ed25519(key, digest, sig);
	ERR_clear_error();
	return n;
}
