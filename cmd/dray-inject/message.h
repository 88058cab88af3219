/*
 * message - what dray-inject makes of the message that it read.
 *
 *   message_read(m, s, n)        finds the fields that matter.  A bad
 *       X-Dray-* field ends the program with EX_DATAERR.
 *   message_rcpts(m, r)          adds the recipients in To, Cc and Bcc to r, or
 *       in Resent-To, Resent-Cc and Resent-Bcc if there is any Resent- field
 *   message_write(m, a, o)       writes header and body
 *
 * Dropped: an mbox line "From " before the first field; Bcc, Resent-Bcc,
 * Return-Path, X-Dray-*.  Added behind the other fields when missing: Date,
 * Message-ID, From; before them, Resent-Date, Resent-Message-ID and
 * Resent-From, if there is any Resent- field; MIME-Version, Content-Type and
 * Content-Transfer-Encoding for 8-bit text that has none of them.  Lines that
 * cannot be sent are handled as mimefix.h says.  All lines end in CRLF.
 */
#ifndef DRAY_INJECT_MESSAGE_H
#define DRAY_INJECT_MESSAGE_H

#include <stddef.h>
#include <time.h>

#include "common/mimefix.h"
#include "rcpts.h"
#include "common/settings.h"

/* Fields that are there, as bits. */
#define MESSAGE_DATE 1u
#define MESSAGE_MSGID 2u
#define MESSAGE_FROM 4u
#define MESSAGE_RESENT 8u /* any Resent- field */
#define MESSAGE_REDATE 16u
#define MESSAGE_REMSGID 32u
#define MESSAGE_REFROM 64u
#define MESSAGE_MIME 128u /* MIME-Version */
#define MESSAGE_TYPE 256u /* Content-Type */
#define MESSAGE_ENCODING 512u /* Content-Transfer-Encoding */

struct message {
	const char *s;
	const char *body;
	const char *end;
	unsigned int have;
	struct mimefix fix;
	struct settings settings;
};

/* What the added fields say. */
struct message_add {
	const char *from; /* an address */
	const char *fullname;
	const char *right; /* of a Message-ID */
	time_t now;
};

void message_read(struct message *m, const char *s, size_t n);
void message_rcpts(const struct message *m, struct rcpts *r);
void message_write(
    struct message *m, const struct message_add *a, const struct recode_out *o);

#endif
