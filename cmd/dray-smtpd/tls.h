/*
 * tls - TLS with a client (RFC 8446, RFC 5246), by OpenSSL.
 *
 *   tls_start()             what all connections share; before the sandbox.
 *                           Keys are those of keys.h
 *   tls_new(fd)             the handshake is to come on a socket
 *   tls_take(c, s, n, d)    n octets, at most TLS_READ, that came from the
 *                           socket (0: it can be written to again, in the
 *                           handshake): how many that makes at d, which has
 *                           TLS_PLAIN octets; 0 the client has ended; -1 EAGAIN
 *                           none yet, EPROTO it is of no use any more
 *   tls_ended(c)            1 nothing comes any more, EPROTO or not
 *   tls_up(c)               1 the handshake is done
 *   tls_write(c, s, n)      as send(2), EPROTO as above.  In the handshake
 *                           EAGAIN
 *   tls_wants_room(c)       1 the handshake waits until it can write
 *   tls_bye(c)              says that nothing comes any more, if it can be said
 *   tls_version(c), tls_cipher(c)  in words, which stay valid
 *   tls_free(c)
 *
 * All that tls_take() is given it takes, so nothing is left of which the loop
 * would not know.  A session is resumed by a ticket (RFC 5077) of any process
 * that has the same dray-tlskey.
 */
#ifndef DRAY_SMTPD_TLS_H
#define DRAY_SMTPD_TLS_H

#include <stddef.h>
#include <sys/types.h>

#define TLS_READ 65536
#define TLS_PLAIN (TLS_READ + 16384) /* a record may have been there in part */

struct tls_conn;

void tls_start(void);
struct tls_conn *tls_new(int fd);
ssize_t tls_take(struct tls_conn *c, const char *s, size_t n, char *d);
int tls_ended(const struct tls_conn *c);
int tls_up(const struct tls_conn *c);
ssize_t tls_write(struct tls_conn *c, const char *s, size_t n);
int tls_wants_room(const struct tls_conn *c);
void tls_bye(struct tls_conn *c);
const char *tls_version(const struct tls_conn *c);
const char *tls_cipher(const struct tls_conn *c);
void tls_free(struct tls_conn *c);

#endif
