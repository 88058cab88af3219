/*
 * auth - AUTH in the dialogue (RFC 4954): PLAIN and LOGIN.
 *
 *   auth_possible(t)      1 if the client may log in here and now: the listener
 *                         says so, and there is TLS, or no network in between
 *   auth_line(t, s, n)    a line of the client, without its end, in the state
 *                         TALK_AUTH
 *   auth_name(t, n_r)     the name with which the client is about to log in, or
 *                         NULL
 *   auth_free(t)          forgets who has logged in, or was about to
 *
 * Whoever gives a line wipes it afterwards.  The state is TALK_ASK while
 * dray-auth is asked.  After AUTH_TRIES that failed the session ends.
 */
#ifndef DRAY_SMTPD_AUTH_H
#define DRAY_SMTPD_AUTH_H

#include <stddef.h>

#define AUTH_LINEMAX 12288 /* octets, RFC 4954 4 */
#define AUTH_TRIES 3

struct talk;

int auth_possible(const struct talk *t);
void auth_line(struct talk *t, const char *s, size_t n);
const char *auth_name(const struct talk *t, size_t *n_r);
void auth_free(struct talk *t);

#endif
