#include <sodium.h>
#include <string.h>

#include <skalibs/strerr.h>

#include "common/keyhash.h"

static unsigned char hash_key[crypto_shorthash_KEYBYTES];

void
keyhash_start(void)
{
	if (sodium_init() == -1)
		strerr_dief(111, "no random numbers");
	crypto_shorthash_keygen(hash_key);
}

unsigned int
keyhash_of(const void *key, size_t len)
{
	unsigned char h[crypto_shorthash_BYTES];
	unsigned int v;

	crypto_shorthash(h, key, len, hash_key);
	memcpy(&v, h, sizeof v);
	return v;
}
