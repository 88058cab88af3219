/*
 * minisign - key and signature files.  No text but the one that was signed,
 * with the comment that was signed, is ever good.  The first octet says which
 * of the files it is: p public key, s signature, k secret key; alone, it says
 * which octet of a signature of our own is changed.
 */
#include <string.h>

#include <sodium.h>

#include "cmd/dray-policy/minisign.h"
#include "t/fuzz/fuzz.h"

#define DATA "what is signed"
#define COMMENT "timestamp:1\tfile:a"

static struct minisign_secret secret;
static struct minisign_public public;

/* The key whose seed is a zero, as in the corpus. */
static void
begin(void)
{
	uint8_t seed[crypto_sign_SEEDBYTES] = { 0 };

	must(sodium_init() != -1);
	must(crypto_sign_seed_keypair(public.key, secret.key, seed) == 0);
	memcpy(public.id, "12345678", 8);
	memcpy(secret.id, "12345678", 8);
}

static void
check_signature(const char *s, size_t n)
{
	static struct minisign_signature g;
	char id[17];

	if (minisign_parse_signature(&g, s, n) == -1)
		return;
	must(strlen(g.comment) <= MINISIGN_COMMENTMAX);
	must(strlen(minisign_id(g.id, id)) <= 16);
	must(minisign_verify(&public, &g, DATA "?", strlen(DATA) + 1) == -1);
	if (minisign_verify(&public, &g, DATA, strlen(DATA)) == 0)
		must(!strcmp(g.comment, COMMENT));
}

static void
check_secret(const char *s, size_t n)
{
	static char text[MINISIGN_TEXTMAX];
	static struct minisign_signature g;
	struct minisign_locked l;
	struct minisign_secret k;

	/* A lock costs a second and a gigabyte. */
	if (minisign_parse_secret(&l, s, n) == -1 || l.locked ||
	    minisign_unlock(&l, "", &k) == -1)
		return;
	minisign_sign(&k, DATA, strlen(DATA), COMMENT, text);
	must(minisign_parse_signature(&g, text, strlen(text)) == 0);
	must(!memcmp(g.id, k.id, sizeof k.id));
}

/* Our own signatures are good, and no other octet of them is. */
static void
check_own(uint8_t at)
{
	static char text[MINISIGN_TEXTMAX];
	static struct minisign_signature g;
	char data[] = DATA;

	minisign_sign(&secret, DATA, strlen(DATA), COMMENT, text);
	must(minisign_parse_signature(&g, text, strlen(text)) == 0);
	must(minisign_verify(&public, &g, DATA, strlen(DATA)) == 0);
	data[at % strlen(DATA)] ^= 1;
	must(minisign_verify(&public, &g, data, strlen(DATA)) == -1);
	g.sig[at % sizeof g.sig] ^= 1;
	must(minisign_verify(&public, &g, DATA, strlen(DATA)) == -1);
	g.sig[at % sizeof g.sig] ^= 1;
	g.global[at % sizeof g.global] ^= 1;
	must(minisign_verify(&public, &g, DATA, strlen(DATA)) == -1);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const char *s = (const char *)data + 1;
	struct minisign_public k;
	static int begun;

	if (!begun++)
		begin();
	if (!n)
		return 0;
	if (*data == 'p')
		(void)!minisign_parse_public(&k, s, n - 1);
	else if (*data == 's')
		check_signature(s, n - 1);
	else if (*data == 'k')
		check_secret(s, n - 1);
	else if (n == 1)
		check_own(*data);
	return 0;
}
