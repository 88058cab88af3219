/*
 * xclient - XCLIENT (Postfix's XCLIENT_README): a proxy in front says who the
 * client is.
 *
 *   talk_cmd_xclient(t, arg, n)  for clients for which t->xclient is set.  What
 *                                it says counts as if it came from there; the
 *                                session begins anew
 *   XCLIENT_ATTRIBUTES           what is taken
 *
 * ADDR, HELO and PROTO are used; NAME, PORT, DESTADDR and DESTPORT are looked at
 * and of no further use.  LOGIN is not taken, but for [UNAVAILABLE].
 */
#ifndef DRAY_SMTPD_XCLIENT_H
#define DRAY_SMTPD_XCLIENT_H

#include "cmd/dray-smtpd/talk.h"

#define XCLIENT_ATTRIBUTES "NAME ADDR PORT PROTO HELO DESTADDR DESTPORT"

void talk_cmd_xclient(struct talk *t, const char *arg, size_t n);

#endif
