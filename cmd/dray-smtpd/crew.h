/*
 * crew - several processes on the same sockets.
 *
 *   crew_split(n, ready)  makes n of them, and returns in each its number, with
 *                         *ready for base_ready().  Who called it never returns:
 *                         it starts anew whoever dies, after CREW_PAUSE seconds,
 *                         hands SIGTERM and SIGINT on, and exits 0 when all have
 *                         ended.  One that exits 0 by itself ends all.  *ready
 *                         is told when all are ready.  With n 1 there is nobody
 *                         else, and 0 is returned at once
 *   crew_turn(sm, sessions)  before the loop sleeps: tells the others what this
 *                         one holds, and sm what they do
 *
 * After crowd_start().  The first process holds the sockets, so that whatever
 * becomes of the others no connection is lost that waits to be accepted; it
 * talks to nobody.
 */
#ifndef DRAY_SMTPD_CREW_H
#define DRAY_SMTPD_CREW_H

#include "cmd/dray-smtpd/crowd.h"
#include "cmd/dray-smtpd/smtpd.h"

#define CREW_MAX CROWD_PROCESSES
#define CREW_PAUSE 1

unsigned int crew_split(unsigned int n, unsigned int *ready);
void crew_turn(struct smtpd *sm, unsigned int sessions);

#endif
