#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <skalibs/strerr.h>

#include "cmd/dray-keys/keypair.h"
#include "common/mem.h"
#include "common/privkey.h"

#define FILEMAX 16384
#define RAW_ED25519 32

const char *const keypair_names[KEYPAIR_KINDS] = { "rsa", "ed25519" };

EVP_PKEY *
keypair_make(int kind, unsigned int bits)
{
	EVP_PKEY *k = kind == KEYPAIR_RSA
	    ? EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)bits)
	    : EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");

	if (!k)
		strerr_dief(111, "unable to make a key");
	return k;
}

EVP_PKEY *
keypair_read(int dirfd, const char *name)
{
	char file[FILEMAX];
	ssize_t n = privkey_slurp(dirfd, name, file, sizeof file);
	EVP_PKEY *k;

	if (n == -1)
		return NULL;
	k = privkey_parse(file, (size_t)n);
	OPENSSL_cleanse(file, sizeof file);
	if (k && !EVP_PKEY_is_a(k, "RSA") && !EVP_PKEY_is_a(k, "ED25519")) {
		EVP_PKEY_free(k);
		k = NULL;
	}
	return k;
}

int
keypair_kind(const EVP_PKEY *k)
{
	return EVP_PKEY_is_a(k, "RSA") ? KEYPAIR_RSA : KEYPAIR_ED25519;
}

int
keypair_bits(const EVP_PKEY *k)
{
	return keypair_kind(k) == KEYPAIR_RSA ? EVP_PKEY_get_bits(k) : 255;
}

void
keypair_text(const EVP_PKEY *k, stralloc *out)
{
	BIO *b = BIO_new(BIO_s_secmem());
	char *s;
	long n;

	mem_check(b != NULL);
	mem_check(PEM_write_bio_PKCS8PrivateKey(
		      b, k, NULL, NULL, 0, NULL, NULL) == 1);
	n = BIO_get_mem_data(b, &s);
	mem_check(stralloc_copyb(out, s, (size_t)n));
	BIO_free(b);
}

void
keypair_public(const EVP_PKEY *k, stralloc *out)
{
	unsigned char raw[RAW_ED25519], *der = raw;
	size_t n = sizeof raw;
	int len;

	if (keypair_kind(k) == KEYPAIR_RSA) {
		der = NULL;
		len = i2d_PUBKEY(k, &der);
		mem_check(len > 0);
		n = (size_t)len;
	} else {
		mem_check(EVP_PKEY_get_raw_public_key(k, raw, &n) == 1);
	}
	mem_check(stralloc_ready(out, n / 3 * 4 + 8));
	len = EVP_EncodeBlock((unsigned char *)out->s, der, (int)n);
	out->len = (size_t)len;
	if (der != raw)
		OPENSSL_free(der);
}

void
keypair_free(EVP_PKEY *k)
{
	EVP_PKEY_free(k);
}
