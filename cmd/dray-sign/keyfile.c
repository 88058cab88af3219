#include <errno.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "cmd/dray-sign/keyfile.h"
#include "common/privkey.h"
#include "common/signproto.h"

#define FILEMAX 16384

_Static_assert(KEYFILE_MOST == SIGN_SIGMAX * 8, "the largest signature");

/* Of a key nothing stays in here. */
static char file[FILEMAX];

static const char *
check(const EVP_PKEY *k)
{
	int bits;

	if (!k)
		return "there is no private key without a password in it";
	if (EVP_PKEY_is_a(k, "ED25519"))
		return NULL;
	if (!EVP_PKEY_is_a(k, "RSA"))
		return "the key is neither RSA nor Ed25519";
	bits = EVP_PKEY_get_bits(k);
	if (bits < KEYFILE_LEAST || bits > KEYFILE_MOST)
		return "an RSA key of that size is not taken";
	return NULL;
}

const char *
keyfile_read(int dirfd, const char *name, EVP_PKEY **key_r)
{
	ssize_t n = privkey_slurp(dirfd, name, file, sizeof file);
	const char *wrong;

	*key_r = NULL;
	if (n == -1)
		return strerror(errno);
	*key_r = privkey_parse(file, (size_t)n);
	OPENSSL_cleanse(file, sizeof file);
	wrong = check(*key_r);
	if (wrong) {
		EVP_PKEY_free(*key_r);
		*key_r = NULL;
	}
	return wrong;
}
