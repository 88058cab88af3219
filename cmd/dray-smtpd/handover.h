/*
 * handover - the frames of a message for dray-queued (queueproto.h).
 *
 *   handover_begin(f, m)  MESSAGE and RECIPIENTS, which m then has no more
 *   handover_data(f, m, s, n)   DATA, of n octets
 *   handover_end(f, m)    END
 */
#ifndef DRAY_SMTPD_HANDOVER_H
#define DRAY_SMTPD_HANDOVER_H

#include "cmd/dray-smtpd/message.h"
#include "common/frame.h"

void handover_begin(struct frame *f, struct message *m);
void handover_data(struct frame *f, struct message *m, const char *s, size_t n);
void handover_end(struct frame *f, const struct message *m);

#endif
