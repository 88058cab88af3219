/*
 * dial - from an address to a server that takes mail.
 *
 *   dial_start(l)         begins with the first address
 *   dial_connected(l)     the socket of LANE_CONNECT became writable
 *   dial_answer(l)        a whole reply before LANE_READY
 *   dial_handshake(l)     the handshake can go on
 *   dial_may_offer_utf8(l)  1: this server does not offer SMTPUTF8, and there
 *                         are others
 *   dial_on(l)            leaves this server for such a one
 *   dial_failed(l, what)  this address will not do: on with the next one; after
 *                         the last the lane is down
 *
 * 220 and a 2xx to EHLO, or to HELO after EHLO was refused with 5xx: then, if
 * TLS is wanted, STARTTLS, the handshake, and EHLO again; and the lane is
 * ready.  Anything else: the next address.  A server's own words are worth more
 * than "connection refused", and so is what was wrong with its TLS; so they are
 * what DOWN tells, of whichever address.
 *
 * Where TLS is wanted only if it works, whatever goes wrong from STARTTLS to the
 * first reply under TLS costs nothing but that connection: the same address is
 * tried again in the clear, at once, and for BROKEN_TLS seconds by all lanes.
 * If a session was to be resumed, all that came from there are forgotten first,
 * and TLS is tried again without.
 *
 * A lane that is ready goes on to a server of another name when a message needs
 * SMTPUTF8 (RFC 6531), which this one does not offer.  If none does, or none
 * can be reached, those messages get a verdict, and the lane is down.
 *
 * What was learnt or read before the handshake does not count after it (RFC 3207
 * 4.2), nor do octets behind the reply to STARTTLS (CVE-2011-0411).
 */
#ifndef DRAY_REMOTE_DIAL_H
#define DRAY_REMOTE_DIAL_H

struct lane;

void dial_start(struct lane *l);
void dial_connected(struct lane *l);
void dial_handshake(struct lane *l);
void dial_answer(struct lane *l);
int dial_may_offer_utf8(const struct lane *l);
void dial_on(struct lane *l);
void dial_failed(struct lane *l, const char *what);

#endif
