/*
 * lineend - the ends of lines in a message, by policy.
 *
 *   lineend_start(l, normalise)   before its first octet
 *   lineend_feed(l, m, s, n)      n octets of content, for message_data(m)
 *
 * Where it normalises, a LF that no CR precedes becomes CRLF.  Nothing else
 * does: a CR by itself stays what it is, for which dray-queued refuses the
 * message, since it ends a line for some and not for others, and nobody can
 * tell what its sender meant.
 *
 * This is behind the search for the end of the message, which knows CRLF
 * alone.  So a line that is one dot, once it is a line, is content, and gets
 * its second dot when it is sent on.
 */
#ifndef DRAY_SMTPD_LINEEND_H
#define DRAY_SMTPD_LINEEND_H

#include "cmd/dray-smtpd/message.h"

struct lineend {
	int normalise;
	int cr; /* the last octet was one */
};

void lineend_start(struct lineend *l, int normalise);
void lineend_feed(
    struct lineend *l, struct message *m, const char *s, size_t n);

#endif
