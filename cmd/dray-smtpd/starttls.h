/*
 * starttls - TLS in the dialogue (RFC 3207, RFC 8314).
 *
 *   starttls_offered(t)    1 the client may say STARTTLS now
 *   starttls_missing(t)    1 the listener wants TLS, and there is none
 *   starttls_go(t, left)   the reply to STARTTLS, when all that has come was
 *                          looked at: behind it there may be nothing.  For
 *                          whatever came in the clear might be taken for
 *                          something that came by TLS
 *   talk_cmd_starttls(t, arg, n)
 *   talk_secure(t, version, cipher)  the handshake is done.  All that the
 *                          client has said before is forgotten; a client of
 *                          implicit TLS is greeted
 */
#ifndef DRAY_SMTPD_STARTTLS_H
#define DRAY_SMTPD_STARTTLS_H

#include <stddef.h>

struct talk;

int starttls_offered(const struct talk *t);
int starttls_missing(const struct talk *t);
void starttls_go(struct talk *t, size_t left);
void talk_cmd_starttls(struct talk *t, const char *arg, size_t n);
void talk_secure(struct talk *t, const char *version, const char *cipher);

#endif
