#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "common/privkey.h"

ssize_t
privkey_slurp(int dirfd, const char *name, char *d, size_t max)
{
	int e, fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	size_t n = 0;
	ssize_t r = 1;

	if (fd == -1)
		return -1;
	while (r > 0 && n < max) {
		r = read(fd, d + n, max - n);
		if (r > 0)
			n += (size_t)r;
	}
	e = r > 0 ? EFBIG : errno;
	close(fd);
	errno = e;
	return r == 0 ? (ssize_t)n : -1;
}

EVP_PKEY *
privkey_parse(const char *s, size_t n)
{
	BIO *b = BIO_new_mem_buf(s, (int)n);
	EVP_PKEY *k;

	if (!b)
		return NULL;
	k = PEM_read_bio_PrivateKey(b, NULL, privkey_no_password, NULL);
	BIO_free(b);
	ERR_clear_error();
	return k;
}

int
privkey_no_password(char *d, int n, int writes, void *arg)
{
	(void)d;
	(void)n;
	(void)writes;
	(void)arg;
	return -1;
}
