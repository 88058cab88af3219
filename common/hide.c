#include <sys/prctl.h>

#include <openssl/crypto.h>

#include <skalibs/strerr.h>

#include "common/hide.h"

#define LEAST 32 /* octets of the smallest piece */

void
hide_memory(size_t octets)
{
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == -1)
		strerr_diefusys(111, "keep memory out of core files");
	if (CRYPTO_secure_malloc_init(octets, LEAST) != 1)
		strerr_warnw("memory cannot be locked: "
			     "keys may be written to swap");
}
