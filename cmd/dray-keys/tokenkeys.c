#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <skalibs/strerr.h>
#include <sodium.h>

#include "cmd/dray-keys/place.h"
#include "cmd/dray-keys/tokenkeys.h"
#include "common/token.h"

#define PATH "keys/token"

struct text {
	char s[TOKEN_FILEMAX];
	size_t n;
};

static void
put(struct text *t, const char *word, const unsigned char key[TOKEN_KEY])
{
	char hex[2 * TOKEN_KEY + 1];

	sodium_bin2hex(hex, sizeof hex, key, TOKEN_KEY);
	t->n += (size_t)snprintf(
	    t->s + t->n, sizeof t->s - t->n, "%s %s\n", word, hex);
	sodium_memzero(hex, sizeof hex);
}

static void
put_number(
    struct text *t, unsigned int number, const unsigned char key[TOKEN_KEY])
{
	char word[8];

	snprintf(word, sizeof word, "%u", number);
	put(t, word, key);
}

/* Those before are known as long as they are there, the latest first. */
static void
put_old(struct text *t, const struct token_keys *k)
{
	unsigned int i, n, kept = 1;

	for (i = 0; i < TOKEN_KEYS - 1 && kept < TOKENKEYS_KEEP; i++) {
		n = ((unsigned int)k->first + TOKEN_KEYS - i) % TOKEN_KEYS;
		if (!(k->have >> n & 1))
			continue;
		put_number(t, n, k->key[n]);
		kept++;
	}
}

void
tokenkeys_rotate(void)
{
	unsigned char new[TOKEN_KEY];
	struct token_keys k;
	struct text t = { .n = 0 };
	int r, shared;

	if (sodium_init() == -1)
		strerr_dief(111, "there is no randomness");
	r = token_load_keys(&k, PATH);
	if (r == -1 && errno == EPROTO)
		strerr_dief(100, PATH " is malformed");
	if (r == -1 && errno != ENOENT)
		strerr_diefusys(111, "read " PATH);
	if (r == -1)
		randombytes_buf(k.address, sizeof k.address);
	randombytes_buf(new, sizeof new);
	put(&t, "address", k.address);
	put_number(
	    &t, r == -1 ? 0 : (unsigned int)(k.first + 1) % TOKEN_KEYS, new);
	if (r == 0)
		put_old(&t, &k);
	/* Who may append to the suppression list has to know tokens. */
	shared = access("suppress", F_OK) == 0;
	place_write(place_keys(), "token", t.s, t.n, shared ? 0440 : 0400,
	    shared ? "suppress" : "spool");
	sodium_memzero(&k, sizeof k);
	sodium_memzero(&t, sizeof t);
	sodium_memzero(new, sizeof new);
}
