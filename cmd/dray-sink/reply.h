/*
 * reply - replies on their way: in order, delayed, paced, in pieces.
 *
 *   reply_format(c, d, code, status, text)
 *       writes one reply line to d, which has room for REPLY_LINE octets, and
 *       returns its length.  status (x.y.z, or "") is left out unless
 *       ENHANCEDSTATUSCODES is offered
 *   reply_give(c, rule, code, s, n, end)
 *       gives the n octets of whole reply lines at s, or what the rule (may be
 *       NULL) wants in their place.  end: it answers an end of data, which is
 *       paced, and counts as in flight until it is written
 *   reply_say(c, code, status, text)   both of them, without a rule
 *   reply_flight(c, rule, s, n)
 *       gives octets of a handshake, past TLS, in the manner of the rule, which
 *       may be NULL
 *   reply_close(c)        close when what was said before has been written
 *   reply_flush(c)        writes what is due.  Returns 0, or -1 when the
 *       connection is to be closed now
 *   reply_idle(c)         1 when nothing waits
 *   reply_drop(c)         throws away what waits
 *
 * Replies never overtake each other on their connection.
 */
#ifndef DRAY_REPLY_H
#define DRAY_REPLY_H

#include <stddef.h>

enum { REPLY_LINE = 600 };

struct conn;
struct rule;

size_t reply_format(const struct conn *c, char *d, int code, const char *status,
    const char *text);
void reply_give(struct conn *c, const struct rule *rule, int code,
    const char *s, size_t n, int end);
void reply_say(struct conn *c, int code, const char *status, const char *text);
void reply_flight(
    struct conn *c, const struct rule *rule, const char *s, size_t n);
void reply_close(struct conn *c);
int reply_flush(struct conn *c);
int reply_idle(const struct conn *c);
void reply_drop(struct conn *c);

#endif
