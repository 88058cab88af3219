#include <string.h>

#include <openssl/evp.h>

#include <skalibs/strerr.h>

#include "common/digest.h"
#include "common/mem.h"

#define LARGE 256 /* octets that are not copied first */

static EVP_MD *kinds[2];

void
digest_init(void)
{
	static const char *const names[2] = { "SHA256", "SHA1" };
	int i;

	for (i = 0; i < 2; i++) {
		if (!kinds[i])
			kinds[i] = EVP_MD_fetch(NULL, names[i], NULL);
		if (!kinds[i])
			strerr_dief(111, "OpenSSL has no ", names[i]);
	}
}

void
digest_start(struct digest *d, int kind)
{
	if (!kinds[kind])
		digest_init();
	d->n = 0;
	d->ctx = EVP_MD_CTX_new();
	mem_check(d->ctx && EVP_DigestInit_ex(d->ctx, kinds[kind], NULL) == 1);
}

void
digest_start_as(struct digest *d, const struct digest *from)
{
	d->ctx = EVP_MD_CTX_new();
	mem_check(d->ctx && EVP_MD_CTX_copy_ex(d->ctx, from->ctx) == 1);
	d->n = from->n;
	memcpy(d->buf, from->buf, from->n);
}

void
digest_flush(struct digest *d)
{
	if (d->n)
		mem_check(EVP_DigestUpdate(d->ctx, d->buf, d->n) == 1);
	d->n = 0;
}

void
digest_add(struct digest *d, const void *s, size_t n)
{
	if (n > sizeof d->buf - d->n || n >= LARGE)
		digest_flush(d);
	if (n >= LARGE) {
		mem_check(EVP_DigestUpdate(d->ctx, s, n) == 1);
	} else if (n) {
		memcpy(d->buf + d->n, s, n);
		d->n += n;
	}
}

void
digest_end(struct digest *d, unsigned char *r)
{
	digest_flush(d);
	mem_check(EVP_DigestFinal_ex(d->ctx, r, NULL) == 1);
	digest_free(d);
}

void
digest_free(struct digest *d)
{
	EVP_MD_CTX_free(d->ctx);
	d->ctx = NULL;
}
