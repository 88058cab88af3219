#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <skalibs/strerr.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sink.h"
#include "tlsconf.h"

enum { DAY = 24 * 60 * 60 };

/* One -T in words. */
struct words {
	char *cert, *key, *name, *ciphers, *suites, *groups;
	int min, max; /* versions; 0: as OpenSSL has it */
	int notickets;
};

__attribute__((noreturn)) static void
bad(const char *what, const char *arg)
{
	const char *why = ERR_reason_error_string(ERR_peek_last_error());

	if (why)
		strerr_dief(100, "-T: ", what, ": ", arg, ": ", why);
	strerr_dief(100, "-T: ", what, ": ", arg);
}

static int
version(const char *s)
{
	static const struct {
		const char *name;
		int number;
	} all[] = {
		{ "1.0", TLS1_VERSION },
		{ "1.1", TLS1_1_VERSION },
		{ "1.2", TLS1_2_VERSION },
		{ "1.3", TLS1_3_VERSION },
	};
	size_t i;

	for (i = 0; i < sizeof all / sizeof all[0]; i++)
		if (!strcmp(s, all[i].name))
			return all[i].number;
	bad("not a version of TLS", s);
}

static void
take_word(struct words *w, char *word)
{
	char *value = strchr(word, '=');

	if (!strcmp(word, "notickets")) {
		w->notickets = 1;
		return;
	}
	if (!value) {
		if (w->cert && w->key)
			bad("a third file", word);
		*(w->cert ? &w->key : &w->cert) = word;
		return;
	}
	*value++ = '\0';
	if (!strcmp(word, "name"))
		w->name = value;
	else if (!strcmp(word, "ciphers"))
		w->ciphers = value;
	else if (!strcmp(word, "suites"))
		w->suites = value;
	else if (!strcmp(word, "groups"))
		w->groups = value;
	else if (!strcmp(word, "min"))
		w->min = version(value);
	else if (!strcmp(word, "max"))
		w->max = version(value);
	else
		bad("not known", word);
}

static void
must(int good)
{
	if (!good)
		strerr_dief(111, "cannot make a certificate: ",
		    ERR_reason_error_string(ERR_peek_last_error()));
}

/* Its serial number is the time, so that a client never meets it twice. */
static X509 *
make_cert(EVP_PKEY *key, const char *host)
{
	X509 *x = X509_new();
	X509_NAME *name;
	X509_EXTENSION *ext;
	char alt[300];

	must(x != NULL);
	snprintf(alt, sizeof alt, "DNS:%s", host);
	ext = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, alt);
	must(ext && X509_set_version(x, 2) &&
	    ASN1_INTEGER_set(X509_get_serialNumber(x), (long)time(NULL)) &&
	    X509_gmtime_adj(X509_getm_notBefore(x), -DAY) &&
	    X509_gmtime_adj(X509_getm_notAfter(x), 3650L * DAY) &&
	    X509_set_pubkey(x, key) && X509_add_ext(x, ext, -1));
	X509_EXTENSION_free(ext);
	name = X509_get_subject_name(x);
	/* A name may have 64 characters; the host stands in the other too. */
	must(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
		 (const unsigned char *)host, (int)strnlen(host, 64), -1, 0) &&
	    X509_set_issuer_name(x, name) && X509_sign(x, key, EVP_sha256()));
	return x;
}

static void
use_made(SSL_CTX *ctx, const char *host)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x;

	must(key != NULL);
	x = make_cert(key, host);
	must(SSL_CTX_use_certificate(ctx, x) &&
	    SSL_CTX_use_PrivateKey(ctx, key));
	X509_free(x);
	EVP_PKEY_free(key);
}

static void
use_files(SSL_CTX *ctx, const struct words *w)
{
	const char *key = w->key ? w->key : w->cert;

	if (SSL_CTX_use_certificate_chain_file(ctx, w->cert) != 1)
		bad("no certificate in", w->cert);
	if (SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1)
		bad("no key for it in", key);
}

static void
use_words(SSL_CTX *ctx, const struct words *w)
{
	int min = w->min;

	/* What is old needs hashes that are refused at the usual level. */
	if ((w->max && w->max < TLS1_2_VERSION) ||
	    (w->min && w->min < TLS1_2_VERSION))
		SSL_CTX_set_security_level(ctx, 0);
	if (!min)
		min =
		    w->max && w->max < TLS1_2_VERSION ? w->max : TLS1_2_VERSION;
	if (!SSL_CTX_set_min_proto_version(ctx, min) ||
	    !SSL_CTX_set_max_proto_version(ctx, w->max))
		bad("these versions cannot be", "min, max");
	if (w->ciphers && !SSL_CTX_set_cipher_list(ctx, w->ciphers))
		bad("no such cipher", w->ciphers);
	if (w->suites && !SSL_CTX_set_ciphersuites(ctx, w->suites))
		bad("no such cipher suite", w->suites);
	if (w->groups && !SSL_CTX_set1_groups_list(ctx, w->groups))
		bad("no such group", w->groups);
	if (w->notickets) {
		SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
		SSL_CTX_set_num_tickets(ctx, 0);
	}
}

static void
add(struct sink *s, const struct words *w)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

	if (!ctx)
		strerr_dief(111, "cannot begin with TLS");
	/* Tickets alone: nothing of a session is kept here. */
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_mode(ctx,
	    SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
		SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_options(ctx, SSL_OP_ALLOW_CLIENT_RENEGOTIATION);
	SSL_CTX_set_dh_auto(ctx, 1);
	use_words(ctx, w);
	if (w->cert)
		use_files(ctx, w);
	else
		use_made(ctx, s->conf.name);
	s->tls[s->tlses].ctx = ctx;
	s->tls[s->tlses].name = w->name;
	s->tlses++;
}

void
tlsconf_add(struct sink *s, const char *list)
{
	struct words w;
	char *copy = strdup(list), *p = copy, *comma;

	if (!copy)
		strerr_diefusys(111, "remember -T");
	memset(&w, 0, sizeof w);
	ERR_clear_error();
	while (p) {
		comma = strchr(p, ',');
		if (comma)
			*comma++ = '\0';
		if (!*p)
			bad("not a list", list);
		take_word(&w, p);
		p = comma;
	}
	add(s, &w); /* the name stays, and the copy with it */
	if (!w.name)
		free(copy);
}

void
tlsconf_default(struct sink *s)
{
	struct words w;

	memset(&w, 0, sizeof w);
	add(s, &w);
}

struct ssl_ctx_st *
tlsconf_find(const struct sink *s, const char *name)
{
	unsigned i;

	if (!name)
		return s->tlses ? s->tls[0].ctx : NULL;
	for (i = 0; i < s->tlses; i++)
		if (s->tls[i].name && !strcmp(s->tls[i].name, name))
			return s->tls[i].ctx;
	return NULL;
}
