/*
 * journal - events of refusals on their way to dray-log, and what bounds them.
 *
 *   journal_start(sm, path)  once, with the loop; connects when there is
 *                          something to say
 *   journal_may(c, a, known)  1 if an event about the network of a may be
 *                          written now.  If not it is counted, for a summary.
 *                          c is NULL where nobody was let in; known: who may
 *                          send mail
 *   journal_put(line, len) an event, with its newline
 *   journal_end()          the program ends: says what is left to be said, for
 *                          JOURNAL_LAST milliseconds at most
 *
 * Mail never waits for it.  What dray-log has not taken is held up to
 * JOURNAL_MAX octets, and twice as much once more while it is being sent;
 * beyond that events are dropped, and counted.
 *
 * Strangers: JOURNAL_NETWORK a minute from one network, and JOURNAL_ALL from all,
 * in all processes together.  Those who may send mail, and write into the log by
 * that: JOURNAL_KNOWN a minute from one network.  What is beyond is told a minute
 * later, in one event for each of up to TALLY_ROWS networks and one for all others,
 * by each process (tally.h).
 */
#ifndef DRAY_SMTPD_JOURNAL_H
#define DRAY_SMTPD_JOURNAL_H

#include <skalibs/stralloc.h>

#include "cmd/dray-smtpd/crowd.h"
#include "cmd/dray-smtpd/smtpd.h"

#define JOURNAL_MAX (256u << 10)
#define JOURNAL_LAST 1000
#define JOURNAL_NETWORK POLICY_RATE(60, 60)
#define JOURNAL_ALL POLICY_RATE(1200, 60)
#define JOURNAL_KNOWN POLICY_RATE(6000, 60)
#define JOURNAL_MINUTE 60 /* seconds */

void journal_start(struct smtpd *sm, const char *path);
int journal_may(struct crowd *c, const struct net_addr *a, int known);
void journal_put(const char *line, size_t len);
void journal_end(void);

#endif
