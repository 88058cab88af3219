/*
 * A key here is the public one, as OpenSSL's own provider has it, and an id.
 * All that OpenSSL wants to know of it is asked of the former; it can sign, and
 * nothing else, and cannot be exported, since there is nothing to export.
 */
#include <string.h>
#include <strings.h>

#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/provider.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <skalibs/strerr.h>

#include "cmd/dray-smtpd/keyprov.h"
#include "cmd/dray-smtpd/keys.h"
#include "common/mem.h"
#include "common/tlskeyproto.h"

#define PROVIDER "dray-key"
#define PARAM_ID "dray-id"

struct key {
	const char *type;
	EVP_PKEY *pub;
	uint32_t id; /* 0: only the public key */
};

struct signer {
	const struct key *key;
	uint8_t hash, padding;
};

static void *
new_rsa(void *provider)
{
	struct key *k = mem_alloc(sizeof *k);

	(void)provider;
	k->type = "RSA";
	return k;
}

static void *
new_ec(void *provider)
{
	struct key *k = new_rsa(provider);

	k->type = "EC";
	return k;
}

static void
free_key(void *key)
{
	struct key *k = key;

	EVP_PKEY_free(k->pub);
	free(k);
}

static int
import(void *key, int selection, const OSSL_PARAM params[])
{
	struct key *k = key;
	const OSSL_PARAM *id = OSSL_PARAM_locate_const(params, PARAM_ID);
	EVP_PKEY_CTX *c =
	    EVP_PKEY_CTX_new_from_name(NULL, k->type, "provider=default");
	int r;

	(void)selection;
	r = c && EVP_PKEY_fromdata_init(c) == 1 &&
	    EVP_PKEY_fromdata(
		c, &k->pub, EVP_PKEY_PUBLIC_KEY, (OSSL_PARAM *)params) == 1;
	EVP_PKEY_CTX_free(c);
	return r && (!id || OSSL_PARAM_get_uint32(id, &k->id));
}

static const OSSL_PARAM *
import_types(int selection)
{
	static const OSSL_PARAM types[] = { OSSL_PARAM_END };

	(void)selection;
	return types;
}

static int
has(const void *key, int selection)
{
	const struct key *k = key;

	return k->pub &&
	    (!(selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) || k->id);
}

static int
match(const void *a, const void *b, int selection)
{
	const struct key *k = a, *l = b;

	(void)selection;
	return EVP_PKEY_eq(k->pub, l->pub) == 1;
}

static int
get_params(void *key, OSSL_PARAM params[])
{
	const struct key *k = key;

	return EVP_PKEY_get_params(k->pub, params);
}

static const OSSL_PARAM *
gettable(void *provider)
{
	static const OSSL_PARAM known[] = {
		OSSL_PARAM_int(OSSL_PKEY_PARAM_BITS, NULL),
		OSSL_PARAM_int(OSSL_PKEY_PARAM_SECURITY_BITS, NULL),
		OSSL_PARAM_int(OSSL_PKEY_PARAM_MAX_SIZE, NULL),
		OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, NULL, 0),
		OSSL_PARAM_END,
	};

	(void)provider;
	return known;
}

static const char *
operation(int which)
{
	return which == OSSL_OP_SIGNATURE ? "ECDSA" : "EC";
}

static void *
new_signer(void *provider, const char *query)
{
	(void)provider;
	(void)query;
	return mem_alloc(sizeof(struct signer));
}

static int
set_params(void *signer, const OSSL_PARAM params[])
{
	struct signer *s = signer;
	const OSSL_PARAM *p =
	    OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_PAD_MODE);
	int mode = RSA_PKCS1_PADDING;

	if (!p)
		return 1;
	if (p->data_type == OSSL_PARAM_UTF8_STRING)
		mode = !strcmp(p->data, OSSL_PKEY_RSA_PAD_MODE_PSS)
		    ? RSA_PKCS1_PSS_PADDING
		    : RSA_PKCS1_PADDING;
	else if (!OSSL_PARAM_get_int(p, &mode))
		return 0;
	s->padding = mode == RSA_PKCS1_PSS_PADDING ? TLSKEY_PSS : 0;
	return 1;
}

static const OSSL_PARAM *
settable(void *signer, void *provider)
{
	static const OSSL_PARAM known[] = {
		OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PAD_MODE, NULL, 0),
		OSSL_PARAM_utf8_string(
		    OSSL_SIGNATURE_PARAM_PSS_SALTLEN, NULL, 0),
		OSSL_PARAM_utf8_string(
		    OSSL_SIGNATURE_PARAM_MGF1_DIGEST, NULL, 0),
		OSSL_PARAM_END,
	};

	(void)signer;
	(void)provider;
	return known;
}

static int
sign_init(void *signer, const char *digest, void *key, const OSSL_PARAM *params)
{
	static const struct {
		const char *name, *other;
		uint8_t hash;
	} known[] = {
		{ "SHA256", "SHA2-256", TLSKEY_SHA256 },
		{ "SHA384", "SHA2-384", TLSKEY_SHA384 },
		{ "SHA512", "SHA2-512", TLSKEY_SHA512 },
	};
	struct signer *s = signer;
	size_t i;

	s->key = key;
	for (i = 0; digest && i < sizeof known / sizeof *known; i++)
		if (!strcasecmp(digest, known[i].name) ||
		    !strcasecmp(digest, known[i].other))
			s->hash = known[i].hash;
	return s->hash && (!params || set_params(s, params));
}

static int
sign(void *signer, unsigned char *sig, size_t *n, size_t room,
    const unsigned char *text, size_t len)
{
	const struct signer *s = signer;
	size_t most = (size_t)EVP_PKEY_get_size(s->key->pub);

	if (!sig) {
		*n = most;
		return 1;
	}
	if (room < most)
		most = room;
	*n = keys_sign(s->key->id, s->hash, s->padding, text, len, sig, most);
	return *n > 0;
}

typedef void (*fn)(void);

/* clang-format off */
#define KEY_FUNCTIONS \
	{ OSSL_FUNC_KEYMGMT_FREE, (fn)free_key }, \
	{ OSSL_FUNC_KEYMGMT_IMPORT, (fn)import }, \
	{ OSSL_FUNC_KEYMGMT_IMPORT_TYPES, (fn)import_types }, \
	{ OSSL_FUNC_KEYMGMT_HAS, (fn)has }, \
	{ OSSL_FUNC_KEYMGMT_MATCH, (fn)match }, \
	{ OSSL_FUNC_KEYMGMT_GET_PARAMS, (fn)get_params }, \
	{ OSSL_FUNC_KEYMGMT_GETTABLE_PARAMS, (fn)gettable }

static const OSSL_DISPATCH rsa_functions[] = {
	{ OSSL_FUNC_KEYMGMT_NEW, (fn)new_rsa },
	KEY_FUNCTIONS,
	{ 0, NULL }
};

static const OSSL_DISPATCH ec_functions[] = {
	{ OSSL_FUNC_KEYMGMT_NEW, (fn)new_ec },
	{ OSSL_FUNC_KEYMGMT_QUERY_OPERATION_NAME, (fn)operation },
	KEY_FUNCTIONS,
	{ 0, NULL }
};

static const OSSL_DISPATCH sign_functions[] = {
	{ OSSL_FUNC_SIGNATURE_NEWCTX, (fn)new_signer },
	{ OSSL_FUNC_SIGNATURE_FREECTX, (fn)free },
	{ OSSL_FUNC_SIGNATURE_DIGEST_SIGN_INIT, (fn)sign_init },
	{ OSSL_FUNC_SIGNATURE_DIGEST_SIGN, (fn)sign },
	{ OSSL_FUNC_SIGNATURE_SET_CTX_PARAMS, (fn)set_params },
	{ OSSL_FUNC_SIGNATURE_SETTABLE_CTX_PARAMS, (fn)settable },
	{ 0, NULL }
};

static const OSSL_ALGORITHM keys[] = {
	{ "RSA:rsaEncryption", "provider=" PROVIDER, rsa_functions, NULL },
	{ "EC:id-ecPublicKey", "provider=" PROVIDER, ec_functions, NULL },
	{ NULL, NULL, NULL, NULL }
};

static const OSSL_ALGORITHM signatures[] = {
	{ "RSA:rsaEncryption", "provider=" PROVIDER, sign_functions, NULL },
	{ "ECDSA", "provider=" PROVIDER, sign_functions, NULL },
	{ NULL, NULL, NULL, NULL }
};
/* clang-format on */

static const OSSL_ALGORITHM *
query(void *provider, int what, int *no_cache)
{
	(void)provider;
	*no_cache = 0;
	if (what == OSSL_OP_KEYMGMT)
		return keys;
	return what == OSSL_OP_SIGNATURE ? signatures : NULL;
}

static int
init(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in,
    const OSSL_DISPATCH **out, void **provider)
{
	static const OSSL_DISPATCH functions[] = {
		{ OSSL_FUNC_PROVIDER_QUERY_OPERATION, (fn)query },
		{ 0, NULL },
	};

	(void)in;
	*out = functions;
	*provider = (void *)handle;
	return 1;
}

void
keyprov_start(void)
{
	static OSSL_PROVIDER *usual, *ours; /* for as long as we live */

	/* Whoever does not name ours means the usual one. */
	usual = OSSL_PROVIDER_load(NULL, "default");
	if (usual && OSSL_PROVIDER_add_builtin(NULL, PROVIDER, init))
		ours = OSSL_PROVIDER_load(NULL, PROVIDER);
	if (!ours || !EVP_set_default_properties(NULL, "?provider=default"))
		strerr_dief(111, "cannot set up OpenSSL");
}

EVP_PKEY *
keyprov_key(X509 *x, uint32_t id)
{
	OSSL_PARAM ours[] = { OSSL_PARAM_uint32(PARAM_ID, &id),
		OSSL_PARAM_END };
	EVP_PKEY *pub = X509_get0_pubkey(x), *key = NULL;
	OSSL_PARAM *theirs = NULL, *all = NULL;
	EVP_PKEY_CTX *c = NULL;
	const char *type = NULL;

	if (pub)
		type = EVP_PKEY_is_a(pub, "RSA") ? "RSA"
		    : EVP_PKEY_is_a(pub, "EC")	 ? "EC"
						 : NULL;
	if (type && EVP_PKEY_todata(pub, EVP_PKEY_PUBLIC_KEY, &theirs) == 1)
		all = OSSL_PARAM_merge(theirs, ours);
	if (all)
		c = EVP_PKEY_CTX_new_from_name(
		    NULL, type, "provider=" PROVIDER);
	if (!c || EVP_PKEY_fromdata_init(c) != 1 ||
	    EVP_PKEY_fromdata(c, &key, EVP_PKEY_KEYPAIR, all) != 1)
		key = NULL;
	EVP_PKEY_CTX_free(c);
	OPENSSL_free(all);
	OSSL_PARAM_free(theirs);
	return key;
}
