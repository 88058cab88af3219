#include <string.h>

#include <openssl/rand.h>

#include <skalibs/strerr.h>

#include "cmd/dray-tlskey/secret.h"
#include "common/field.h"
#include "common/mem.h"
#include "common/tlskeyproto.h"

static unsigned char secrets[TLSKEY_TICKETS][TLSKEY_NAME + 2 * TLSKEY_SECRET];
static uint8_t known;

void
secret_next(void)
{
	memmove(secrets[1], secrets[0], sizeof secrets - sizeof secrets[0]);
	if (RAND_priv_bytes(secrets[0], sizeof secrets[0]) != 1)
		strerr_dief(111, "there is no randomness");
	if (known < TLSKEY_TICKETS)
		known++;
}

void
secret_put(stralloc *out)
{
	field_putu8(out, known);
	mem_check(stralloc_catb(
	    out, (const char *)secrets, known * sizeof secrets[0]));
}
