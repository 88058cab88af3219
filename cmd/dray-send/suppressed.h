/*
 * suppressed - recipients who get no mail any more (suppress.h): looked up when
 * they are cut off, so that whatever was added since is in force.
 *
 *   suppressed_start()       opens the list, and follows it
 *   suppressed_rcpt(o, m, rcpt, domain, e_r)
 *                            1 and the entry that says so, else 0
 *   suppressed_job(j)        1 if one of its recipients is, which is why it has to
 *                            be cut anew
 *   suppressed_settle(c, rcpt, index, e)
 *                            that recipient of the run that is being cut is done:
 *                            event, done bit, and a notice if his stream has it so
 */
#ifndef DRAY_SEND_SUPPRESSED_H
#define DRAY_SEND_SUPPRESSED_H

#include "cmd/dray-send/send.h"
#include "common/suppress.h"

#define SUPPRESSED_MOST 256 /* recipients settled in one go */

void suppressed_start(void);
int suppressed_rcpt(const struct open *o, const struct bundle_msg *m,
    const struct bundle_str *local, const struct bundle_str *domain,
    struct suppress_entry *e_r);
int suppressed_job(const struct job *j);
void suppressed_settle(struct cut *c, const struct bundle_rcpt *p,
    uint16_t index, const struct suppress_entry *e);

#endif
