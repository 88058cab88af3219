#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "lane.h"
#include "records.h"
#include "transport.h"

static int
clip(size_t n)
{
	return n > INT_MAX ? INT_MAX : (int)n;
}

ssize_t
transport_read(struct lane *l, void *d, size_t n)
{
	SSL *ssl = l->tls.ssl;
	int r;

	if (!ssl)
		return recv(l->fd, d, n, 0);
	ERR_clear_error();
	errno = 0;
	r = SSL_read(ssl, d, clip(n));
	l->tls.unread = r > 0 && SSL_has_pending(ssl);
	l->tls.want_write = r <= 0 && SSL_want_write(ssl);
	return r > 0 ? r : tls_failed(l, r);
}

ssize_t
transport_write(struct lane *l, const void *s, size_t n, int more)
{
	if (l->tls.ssl)
		return records_write(l, s, n, more);
	return send(l->fd, s, n, MSG_NOSIGNAL | (more ? MSG_MORE : 0));
}

int
transport_has_sendfile(const struct lane *l)
{
	return !l->tls.ssl;
}

ssize_t
transport_sendfile(struct lane *l, int fd, off_t *off, size_t n)
{
	return sendfile(l->fd, fd, off, n);
}

const char *
transport_why(const struct lane *l)
{
	return l->tls.dead ? tls_why() : strerror(errno);
}

void
transport_close(struct lane *l)
{
	tls_end(l);
	if (l->fd != -1)
		close(l->fd);
	l->fd = -1;
}
