/*
 * postmail - mail to the postmaster, about what a program of this node did or
 * found.
 *
 *   postmail_head(sa, p, subject, what, when)  appends the header, with the empty
 *                       line that ends it, of a message in plain ASCII.  It is
 *                       from whom notices are from and to the postmaster, as
 *                       the policy says; what names it in its Message-ID, and
 *                       when, in seconds since 1970, is its date.  Neither
 *                       subject nor what may hold anything but printable ASCII
 *   postmail_queue(q, p, s, n)  hands header and body, with CRLF line ends, to
 *                       dray-queued, in the stream notices and with the null
 *                       sender.  0: it was queued, or refused for good, which
 *                       was said; -1 with errno: not now
 */
#ifndef DRAY_POSTMAIL_H
#define DRAY_POSTMAIL_H

#include <stddef.h>
#include <time.h>

#include <skalibs/stralloc.h>

#include "common/policy.h"
#include "common/queueclient.h"

void postmail_head(stralloc *sa, const struct policy *p, const char *subject,
    const char *what, time_t when);
int postmail_queue(struct queueclient *q, const struct policy *p, const char *s,
    size_t n) __attribute__((warn_unused_result));

#endif
