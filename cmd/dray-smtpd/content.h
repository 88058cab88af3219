/*
 * content - DATA and BDAT, and what comes of them.
 *
 *   content_owner   a message's owner that is a struct talk
 */
#ifndef DRAY_SMTPD_CONTENT_H
#define DRAY_SMTPD_CONTENT_H

#include "cmd/dray-smtpd/message.h"

extern const struct message_owner content_owner;

#endif
