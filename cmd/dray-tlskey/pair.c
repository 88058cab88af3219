#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "cmd/dray-tlskey/pair.h"
#include "common/field.h"
#include "common/mem.h"
#include "common/privkey.h"
#include "common/tlskeyproto.h"

#define FILEMAX 262144
#define RSA_LEAST 2048

/* Of a key nothing stays in here. */
static char file[FILEMAX];

static const char *
add(struct pair *p, X509 *x)
{
	unsigned char *der = NULL;
	int n = i2d_X509(x, &der);

	if (n <= 0 || n > TLSKEY_DERMAX) {
		OPENSSL_free(der);
		return "a certificate is too large";
	}
	field_putstr(&p->chain, der, (size_t)n);
	OPENSSL_free(der);
	return NULL;
}

/* The first of them is left in *leaf_r. */
static const char *
read_chain(struct pair *p, BIO *b, X509 **leaf_r)
{
	const char *wrong = NULL;
	uint8_t n = 0;
	X509 *x;

	field_putu8(&p->chain, 0);
	while (!wrong &&
	    (x = PEM_read_bio_X509(b, NULL, privkey_no_password, NULL))) {
		wrong =
		    n == TLSKEY_DEPTHMAX ? "too many certificates" : add(p, x);
		if (n++)
			X509_free(x);
		else
			*leaf_r = x;
	}
	if (!wrong &&
	    ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
		wrong = "a certificate is not whole";
	if (!wrong && !n)
		wrong = "there is no certificate";
	p->chain.s[0] = (char)n;
	return wrong;
}

static const char *
check_key(const EVP_PKEY *k, X509 *leaf)
{
	int bits;

	if (!k)
		return "there is no private key without a password";
	bits = EVP_PKEY_get_bits(k);
	if (EVP_PKEY_is_a(k, "RSA")) {
		if (bits < RSA_LEAST || bits > TLSKEY_SIGMAX * 8)
			return "an RSA key of that size is not taken";
	} else if (!EVP_PKEY_is_a(k, "EC")) {
		return "the key is neither RSA nor EC";
	}
	if (X509_check_private_key(leaf, k) != 1)
		return "the key is not that of the certificate";
	return NULL;
}

static const char *
read_both(struct pair *p, const char *chain, const char *key, X509 **leaf_r)
{
	ssize_t n = privkey_slurp(AT_FDCWD, chain, file, sizeof file);
	const char *wrong;
	BIO *b;

	if (n == -1)
		return strerror(errno);
	b = BIO_new_mem_buf(file, (int)n);
	mem_check(b != NULL);
	wrong = read_chain(p, b, leaf_r);
	BIO_free(b);
	if (wrong)
		return wrong;
	n = privkey_slurp(AT_FDCWD, key, file, sizeof file);
	if (n == -1)
		return strerror(errno);
	p->key = privkey_parse(file, (size_t)n);
	return check_key(p->key, *leaf_r);
}

const char *
pair_read(struct pair *p, const char *chain, const char *key)
{
	const char *wrong;
	X509 *leaf = NULL;

	memset(p, 0, sizeof *p);
	ERR_clear_error();
	wrong = read_both(p, chain, key, &leaf);
	OPENSSL_cleanse(file, sizeof file);
	ERR_clear_error();
	X509_free(leaf);
	if (wrong)
		pair_free(p);
	return wrong;
}

int
pair_same(const struct pair *a, const struct pair *b)
{
	return a->key && b->key && a->chain.len == b->chain.len &&
	    !memcmp(a->chain.s, b->chain.s, a->chain.len) &&
	    EVP_PKEY_eq(a->key, b->key) == 1;
}

void
pair_free(struct pair *p)
{
	EVP_PKEY_free(p->key);
	stralloc_free(&p->chain);
	memset(p, 0, sizeof *p);
}
