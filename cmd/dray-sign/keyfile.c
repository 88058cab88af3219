#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "cmd/dray-sign/keyfile.h"
#include "common/signproto.h"

#define FILEMAX 16384

_Static_assert(KEYFILE_MOST == SIGN_SIGMAX * 8, "the largest signature");

/* Of a key nothing stays in here. */
static char file[FILEMAX];

static int
no_password(char *d, int n, int writes, void *arg)
{
	(void)d;
	(void)n;
	(void)writes;
	(void)arg;
	return -1;
}

/* How many octets, or -1. */
static ssize_t
slurp(int dirfd, const char *name)
{
	int e, fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	size_t n = 0;
	ssize_t r = 1;

	if (fd == -1)
		return -1;
	while (r > 0 && n < FILEMAX) {
		r = read(fd, file + n, FILEMAX - n);
		if (r > 0)
			n += (size_t)r;
	}
	e = r > 0 ? EFBIG : errno;
	close(fd);
	errno = e;
	return r == 0 ? (ssize_t)n : -1;
}

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
	ssize_t n = slurp(dirfd, name);
	const char *wrong;
	BIO *b;

	*key_r = NULL;
	if (n == -1)
		return strerror(errno);
	b = BIO_new_mem_buf(file, (int)n);
	if (b)
		*key_r = PEM_read_bio_PrivateKey(b, NULL, no_password, NULL);
	BIO_free(b);
	OPENSSL_cleanse(file, sizeof file);
	ERR_clear_error();
	wrong = check(*key_r);
	if (wrong) {
		EVP_PKEY_free(*key_r);
		*key_r = NULL;
	}
	return wrong;
}
