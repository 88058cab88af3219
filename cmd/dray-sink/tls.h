/*
 * tls - TLS on a connection, as its server (RFC 3207, 8446, 5246).
 *
 *   tls_start(c)          STARTTLS has been answered; a handshake begins.
 *       0, or -1 when there are no settings by the name that the rule gave
 *   tls_input(c, s, n)    takes n octets as they came; hands on what they are
 *       in clear by conn_take(), and gives what the handshake answers
 *   tls_push(c)           c->plain, as far as it goes, encrypted to c->out
 *   tls_bye(c)            a close_notify to c->out, once
 *   tls_renegotiate(c)    asks for another handshake (1.2), or changes keys
 *   tls_secure(c)         1 once the handshake is complete
 *   tls_text(c, d, n)     "TLSv1.3 TLS_AES_256_GCM_SHA384 full name", where
 *       name is what the client asked for or "-"
 *   tls_free(c)
 *
 * No function here reads or writes the socket.  What a peer sends may end its
 * TLS: then an alert is in c->out, and the connection closes behind it.
 */
#ifndef DRAY_TLS_H
#define DRAY_TLS_H

#include <stddef.h>

struct conn;

int tls_start(struct conn *c, const char *name);
void tls_input(struct conn *c, const char *s, size_t n);
void tls_push(struct conn *c);
void tls_bye(struct conn *c);
void tls_renegotiate(struct conn *c);
int tls_secure(const struct conn *c);
void tls_text(const struct conn *c, char *d, size_t n);
void tls_free(struct conn *c);

#endif
