#include <errno.h>
#include <ev.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cmd/dray-smtpd/transport.h"

void
transport_secure(struct transport *t)
{
	t->tls = tls_new(t->fd);
}

static ssize_t
receive(const struct transport *t, char *d)
{
	ssize_t n = recv(t->fd, d, TLS_READ, 0);

	if (n == -1 && errno == EINTR)
		errno = EAGAIN;
	return n;
}

ssize_t
transport_read(struct transport *t, int revents, char *d)
{
	static char raw[TLS_READ];
	ssize_t n;

	if (!(revents & EV_READ)) {
		errno = EAGAIN;
		return transport_shaking(t) ? tls_take(t->tls, NULL, 0, d) : -1;
	}
	n = receive(t, t->tls && !t->shut ? raw : d);
	if (n > 0 && t->tls && !t->shut)
		return tls_take(t->tls, raw, (size_t)n, d);
	return n;
}

int
transport_ended(const struct transport *t)
{
	return t->tls && !t->shut && tls_ended(t->tls);
}

ssize_t
transport_write(struct transport *t, const char *s, size_t n, int last)
{
	return t->tls ? tls_write(t->tls, s, n)
		      : send(t->fd, s, n, MSG_NOSIGNAL | (last ? MSG_MORE : 0));
}

int
transport_shaking(const struct transport *t)
{
	return t->tls && !tls_up(t->tls) && !t->shut;
}

int
transport_events(const struct transport *t, int events)
{
	if (!transport_shaking(t))
		return events;
	return tls_wants_room(t->tls) ? EV_WRITE : EV_READ;
}

void
transport_end(struct transport *t)
{
	if (t->tls)
		tls_bye(t->tls);
	shutdown(t->fd, SHUT_WR);
	t->shut = 1;
}

void
transport_free(struct transport *t)
{
	if (t->tls && !t->shut)
		tls_bye(t->tls);
	tls_free(t->tls);
	close(t->fd);
}
