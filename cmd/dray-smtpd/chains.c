#include <stdlib.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <skalibs/strerr.h>

#include "cmd/dray-smtpd/chains.h"
#include "cmd/dray-smtpd/keyprov.h"
#include "cmd/dray-smtpd/sni.h"
#include "common/field.h"
#include "common/mem.h"
#include "common/tlskeyproto.h"

enum { RSA_KEY, EC_KEY_KIND, KINDS };

struct chain {
	int kind;
	X509 *leaf;
	STACK_OF(X509) * rest;
	EVP_PKEY *key;
	stralloc names;
};

struct chains {
	struct chain *chain;
	unsigned int n;
};

struct chains *
chains_new(void)
{
	return mem_alloc(sizeof(struct chains));
}

unsigned int
chains_count(const struct chains *l)
{
	return l->n;
}

static void
clear(struct chain *c)
{
	X509_free(c->leaf);
	sk_X509_pop_free(c->rest, X509_free);
	EVP_PKEY_free(c->key);
	stralloc_free(&c->names);
}

void
chains_free(struct chains *l)
{
	unsigned int i;

	if (!l)
		return;
	for (i = 0; i < l->n; i++)
		clear(&l->chain[i]);
	free(l->chain);
	free(l);
}

/* One certificate of a chain.  0 there is none that is any good. */
static int
get_one(struct chain *c, struct field *r)
{
	size_t len;
	const unsigned char *p =
	    (const unsigned char *)field_getstr(r, TLSKEY_DERMAX, &len);
	const unsigned char *start = p;
	X509 *x = len ? d2i_X509(NULL, &p, (long)len) : NULL;

	if (!x)
		return 0;
	if ((size_t)(p - start) != len) {
		X509_free(x);
		return 0;
	}
	if (!c->leaf)
		c->leaf = x;
	else
		mem_check(sk_X509_push(c->rest, x));
	return 1;
}

/* 1 if the chain can be used. */
static int
finish(struct chain *c, uint32_t id)
{
	if (!c->leaf)
		return 0;
	c->key = keyprov_key(c->leaf, id);
	if (!c->key)
		return 0;
	c->kind = EVP_PKEY_is_a(c->key, "RSA") ? RSA_KEY : EC_KEY_KIND;
	sni_names(&c->names, c->leaf);
	return 1;
}

int
chains_add(struct chains *l, const char *data, size_t n)
{
	struct chain c = { .rest = sk_X509_new_null() };
	struct field r;
	uint32_t id;
	uint8_t i, depth;
	int good = 1;

	mem_check(c.rest != NULL);
	field_start(&r, data, n);
	id = field_getu32(&r);
	depth = field_getu8(&r);
	for (i = 0; i < depth && depth <= TLSKEY_DEPTHMAX; i++)
		good = get_one(&c, &r) && good;
	if (!field_end(&r) || !depth || !id || l->n == TLSKEY_CHAINS) {
		clear(&c);
		return -1;
	}
	if (!good || !finish(&c, id)) {
		strerr_warnw("OpenSSL cannot use a certificate");
		clear(&c);
	} else {
		l->chain = mem_grow(l->chain, l->n + 1, sizeof c);
		l->chain[l->n++] = c;
	}
	ERR_clear_error();
	return 0;
}

/* The best of each kind of key; how good the best of all is. */
static int
pick(const struct chains *l, const char *host, const struct chain *got[KINDS])
{
	const struct chain *c;
	int best = 1, m;
	unsigned int i;

	got[RSA_KEY] = got[EC_KEY_KIND] = NULL;
	for (i = 0; i < l->n; i++) {
		c = &l->chain[i];
		m = sni_match(&c->names, host);
		if (m < best || (m == best && got[c->kind]))
			continue;
		if (m > best)
			got[RSA_KEY] = got[EC_KEY_KIND] = NULL;
		best = m;
		got[c->kind] = c;
	}
	return got[RSA_KEY] || got[EC_KEY_KIND];
}

int
chains_use(const struct chains *l, SSL *ssl, const char *host)
{
	const struct chain *got[KINDS] = { NULL }, *first;
	int i;

	if (!l->n)
		return -1;
	if (!host || !pick(l, host, got)) {
		first = &l->chain[0];
		if (first->names.len)
			pick(l, first->names.s, got);
		got[first->kind] = first;
	}
	for (i = 0; i < KINDS; i++)
		if (got[i] &&
		    !SSL_use_cert_and_key(
			ssl, got[i]->leaf, got[i]->key, got[i]->rest, 1))
			return -1;
	return 0;
}
