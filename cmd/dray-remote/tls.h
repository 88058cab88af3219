/*
 * tls - TLS with servers (RFC 3207, RFC 8446), by OpenSSL.
 *
 *   tls_new()            what all connections share.  Reads configuration and
 *                        CA certificates, so it comes before the sandbox, in
 *                        which OpenSSL needs no file any more.  That there are
 *                        no CA certificates is said on standard error
 *   tls_begin(l)         the handshake is to start on l's connection
 *   tls_handshake(l)     goes on with it: 1 done, 0 wait (l->tls.want_write:
 *                        until it can be written to), -1 failed
 *   tls_failed(l, r)     what an operation of OpenSSL meant that returned r:
 *                        -1 with errno EAGAIN, EPROTO (tls_why) or another, or
 *                        0, the server has closed
 *   tls_broken(l, error)  a socket that has failed with this errno: EPROTO,
 *                        tls_why
 *   tls_why()            the last failure, in words; until the next one
 *   tls_forget(l)        the sessions that a connection like this would resume
 *   tls_end(l)           says so to the server, if it can, and forgets it all
 *   tls_version(l)       0x12, 0x13, 0 none; tls_cipher(l) its name or ""
 *   tls_flags(l)         REMOTE_TLS_VERIFIED, REMOTE_TLS_RESUMED
 *
 * TLS 1.2 and 1.3, no renegotiation, no compression, no early data.  How records
 * leave: records.h.  A connection that is closed without close_notify is just
 * closed: SMTP knows itself where its replies end.
 *
 * Without verification no certificate is looked at, and what only makes keys
 * weak is taken too, as the alternative is the clear.  With it the chain must
 * lead to one of the CA certificates, and the certificate must be for the
 * host's name, or its address if that is the name.
 */
#ifndef DRAY_REMOTE_TLS_H
#define DRAY_REMOTE_TLS_H

#include <stdint.h>

struct lane;
struct ssl_st;
struct tls;

/* TLS of one connection, in its lane. */
struct tls_state {
	struct ssl_st *ssl; /* NULL: in the clear */
	uint8_t up; /* the handshake is done */
	uint8_t proven; /* and the server has answered in it */
	uint8_t dead; /* nothing can be sent or read any more */
	uint8_t offered; /* a session was */
	uint8_t want_read; /* a write waits for octets to read */
	uint8_t want_write; /* handshake or read wait for room to write */
	uint8_t unread; /* there are octets that epoll does not see */
	/* of the address */
	uint8_t clear; /* TLS has failed there: go without */
	uint8_t fresh; /* resumption has failed: go without */
};

struct tls *tls_new(void);
void tls_begin(struct lane *l);
int tls_handshake(struct lane *l);
int tls_failed(struct lane *l, int r);
void tls_broken(struct lane *l, int error);
const char *tls_why(void);
void tls_forget(struct lane *l);
void tls_end(struct lane *l);
uint8_t tls_version(const struct lane *l);
const char *tls_cipher(const struct lane *l);
uint8_t tls_flags(const struct lane *l);

#endif
