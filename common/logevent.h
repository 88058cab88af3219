/*
 * logevent - what a program that follows the log reads of an event line
 * (dray-log(5)).
 *
 *   logevent_read(e, line, len)  0, or -1: the line is no JSON object that
 *                           dray could have written, or too long.  Fields that
 *                           it does not have are empty
 *   logevent_is(e, field, s)  1 if the field is this text
 *   logevent_any(line, len, types)  1 if the line is of one of these types, NULL
 *                           behind them, by its first octets alone: for those
 *                           that are passed over
 *   logevent_complains(e)   1 if somebody complains about mail; other Feedback
 *                           is no complaint
 *
 * Only what is listed here is kept.  Text comes as it was before it was written
 * as JSON, with a zero octet behind it, and stays valid until e is used again.
 * A zero octet inside is cut off there.
 */
#ifndef DRAY_LOGEVENT_H
#define DRAY_LOGEVENT_H

#include <stddef.h>
#include <stdint.h>

#include "common/logproto.h"

enum logevent_field {
	LOGEVENT_TYPE,
	LOGEVENT_TIME,
	LOGEVENT_ID,
	LOGEVENT_CREATED, /* created_time */
	LOGEVENT_STREAM,
	LOGEVENT_TENANT,
	LOGEVENT_CAMPAIGN,
	LOGEVENT_LIST,
	LOGEVENT_POOL, /* egress_pool */
	LOGEVENT_SOURCE, /* egress_source */
	LOGEVENT_PROVIDER,
	LOGEVENT_SITE,
	LOGEVENT_RECIPIENT,
	LOGEVENT_CLASS,
	LOGEVENT_BLAME,
	LOGEVENT_HARDSOFT,
	LOGEVENT_ATTRIBUTED,
	LOGEVENT_ACTION,
	LOGEVENT_ADDRESS_HASH,
	LOGEVENT_LIST_HASH,
	LOGEVENT_OWNER_HASH,
	LOGEVENT_FEEDBACK, /* feedback_type */
	LOGEVENT_SESSION,
	LOGEVENT_INDEX, /* session_index */
	LOGEVENT_OVERRIDE,
	LOGEVENT_AUTHOR,
	LOGEVENT_STATE,
	LOGEVENT_CONTENT, /* response.content */
	LOGEVENT_COMMAND, /* response.command */
	LOGEVENT_CODE, /* response.code, digits */
	LOGEVENT_FIELDS
};

struct logevent {
	const char *s[LOGEVENT_FIELDS]; /* never NULL */
	size_t used;
	char text[LOG_LINEMAX + LOGEVENT_FIELDS]; /* what s points into */
};

int logevent_read(struct logevent *e, const char *line, size_t len)
    __attribute__((warn_unused_result));
int logevent_is(
    const struct logevent *e, enum logevent_field field, const char *s);
int logevent_any(const char *line, size_t len, const char *const *types);
int logevent_complains(const struct logevent *e);

#endif
