#include <string.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>

#include <skalibs/strerr.h>

#include "cmd/dray-smtpd/keys.h"
#include "cmd/dray-smtpd/ticket.h"

static EVP_CIPHER *aes;

static int
set_mac(EVP_MAC_CTX *mac, const struct keys_ticket *t)
{
	char digest[] = "SHA256";
	OSSL_PARAM p[3] = {
		OSSL_PARAM_octet_string(
		    OSSL_MAC_PARAM_KEY, (void *)t->hmac, sizeof t->hmac),
		OSSL_PARAM_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 6),
		OSSL_PARAM_END,
	};

	return EVP_MAC_CTX_set_params(mac, p);
}

/* 1 done, 2 done and the client gets a new one, 0 without a ticket, -1. */
static int
on_ticket(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *c,
    EVP_MAC_CTX *mac, int make)
{
	const struct keys_ticket *t = keys_ticket(make ? NULL : name);

	(void)ssl;
	if (!t)
		return 0;
	if (make) {
		memcpy(name, t->name, sizeof t->name);
		if (RAND_bytes(iv, 16) != 1)
			return -1;
	}
	if (!EVP_CipherInit_ex(c, aes, NULL, t->aes, iv, make) ||
	    !set_mac(mac, t))
		return -1;
	return make || t == keys_ticket(NULL) ? 1 : 2;
}

void
ticket_start(SSL_CTX *ctx)
{
	aes = EVP_CIPHER_fetch(NULL, "AES-256-CBC", NULL);
	if (!aes || !SSL_CTX_set_tlsext_ticket_key_evp_cb(ctx, on_ticket))
		strerr_dief(111, "cannot set up OpenSSL");
}
