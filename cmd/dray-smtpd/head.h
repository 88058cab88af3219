/*
 * head - the header of a message, held until all of it is there.
 *
 *   head_feed(h, s, n)   takes n more octets of the message: 1 the header is
 *                        complete, and the rest of what was fed is behind it; 0
 *                        more is wanted; -1 it is over HEAD_MAX octets
 *   head_read(h)         afterwards, or when the message has ended: what is in
 *                        it.  -1: a control field has no good value; h->wrong
 *                        is its name
 *   head_write(h, out)   appends its fields without those that are ours, and
 *                        all that is behind them
 *   head_free(h)
 *
 * The header ends at an empty line, or at one that is no field (header.h).
 */
#ifndef DRAY_SMTPD_HEAD_H
#define DRAY_SMTPD_HEAD_H

#include <stddef.h>

#include <skalibs/stralloc.h>

#include "common/settings.h"

#define HEAD_MAX 131072

struct head {
	stralloc raw;
	size_t line; /* where the line begins that is not complete */
	int infield; /* a field is in front of it */
	unsigned int received; /* how many Received fields */
	int date, msgid; /* there is one */
	int deaf; /* what X-Dray-* say means nothing; set by the caller */
	struct settings settings; /* X-Dray-* */
	char wrong[64];
};

int head_feed(struct head *h, const char *s, size_t n)
    __attribute__((warn_unused_result));
int head_read(struct head *h) __attribute__((warn_unused_result));
void head_write(const struct head *h, stralloc *out, const char *add, size_t n);
void head_free(struct head *h);

#endif
