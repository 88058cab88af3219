/*
 * transport - octets of a connection, in the clear or under TLS.
 *
 *   transport_read(l, d, n)     as recv: 0 the server has closed, -1 errno
 *   transport_write(l, s, n, more)  as send: how many of them were taken.
 *                               more: others follow at once
 *   transport_sendfile(l, fd, off, n)  as sendfile, off moves on.  In the clear
 *                               only, transport_has_sendfile(l)
 *   transport_why(l)            what -1 meant, in words
 *   transport_close(l)          closes it, if it is open
 *
 * EAGAIN means under TLS too: nothing can be done now.  But it may be that a
 * write has to wait until there is something to read, or a read until there is
 * room to write (l->tls.want_read, want_write), and that octets wait inside of
 * OpenSSL, of which epoll does not know (l->tls.unread).
 *
 * An octet was taken when the whole record is with the kernel that it is in; a
 * server can make nothing of the beginning of a record.  So what counts as not
 * sent was not seen by the server.
 */
#ifndef DRAY_REMOTE_TRANSPORT_H
#define DRAY_REMOTE_TRANSPORT_H

#include <stddef.h>
#include <sys/types.h>

struct lane;

ssize_t transport_read(struct lane *l, void *d, size_t n);
ssize_t transport_write(struct lane *l, const void *s, size_t n, int more);
int transport_has_sendfile(const struct lane *l);
ssize_t transport_sendfile(struct lane *l, int fd, off_t *off, size_t n);
const char *transport_why(const struct lane *l);
void transport_close(struct lane *l);

#endif
