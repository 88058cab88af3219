/*
 * door - what may come over sock/door/rejections, to which dray-smtpd writes.
 *
 * Strangers reach dray-smtpd, so it is not believed: whoever took it over could
 * otherwise write deliveries that never were.
 *
 *   door_ok(s, len)   1 if whole lines (logline.h) are events of the types that
 *                     are refusals, and nothing else to any reader: JSON in
 *                     UTF-8 that begins with its type, without blanks, arrays
 *                     and null, keys of a-z and '_', and no other "type" in the
 *                     outermost object
 */
#ifndef DRAY_LOG_DOOR_H
#define DRAY_LOG_DOOR_H

#include <stddef.h>

int door_ok(const char *s, size_t len);

#endif
