/*
 * dsn - makes a delivery status notification (RFC 3464) as a message of mail.
 *
 *   dsn_make(out, d)   replaces out with the message, lines in CRLF, none over
 *                      998 octets, and without NUL.  Whatever is in the
 *                      notices, the result is one whole multipart/report
 *   dsn_to(d)          where it goes
 *   dsn_kind(d)        DSN_* below
 *
 * It has three parts: for people; for programs; and the message, or its
 * header.  d->n are notices of one message and one kind.
 */
#ifndef DRAY_BOUNCE_DSN_H
#define DRAY_BOUNCE_DSN_H

#include <skalibs/stralloc.h>

#include "common/notice.h"
#include "common/policy.h"

struct dsn {
	const struct policy_node *node;
	const struct policy_notices *policy;
	const struct notice *n;
	size_t count; /* at least 1 */
	const char *original; /* NULL: not known */
	size_t original_len;
	int iswhole;
	const char *unique; /* makes the Message-ID and the boundary */
	uint64_t now; /* seconds since 1970 */
};

void dsn_make(stralloc *out, const struct dsn *d);
const char *dsn_to(const struct dsn *d);

/* status.c: the part for programs.  1 if it is a global-delivery-status (RFC
 * 6533), since an address in it is not ASCII. */
int status_isglobal(const struct dsn *d);
void status_put(stralloc *out, const struct dsn *d);

/* words.c: the part for people. */
void words_put(stralloc *out, const struct dsn *d);
const char *words_subject(const struct dsn *d);

/* original.c: the third part, with the fields that describe it. */
void original_put(stralloc *out, const struct dsn *d);
/* The value of a field of the header, unfolded; 0 if it is not there. */
int original_field(const struct dsn *d, const char *name, stralloc *value);

#endif
