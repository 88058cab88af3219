/*
 * line - events about who was given up, on their way to dray-log.
 *
 *   line_start(base)
 *   line_add(e, x, n)    the entry x was added to the suppression list for the
 *                        event e; n: the soft failures that made it, else 0.  Lines wait while dray-log is away, as many
 *                        as LINE_BACKLOG octets; the list has it all the same
 *   line_turn(events_r)  sends what can be sent.  The descriptor that has to be
 *                        watched for events_r, or -1: there is no connection
 *   line_wait()          milliseconds until there is something to try, -1 never
 *   line_read()          when the descriptor has something
 *   line_end()           waits LINE_LAST milliseconds at most for what was not
 *                        logged
 */
#ifndef DRAY_TUNE_LINE_H
#define DRAY_TUNE_LINE_H

#include "common/logevent.h"
#include "common/suppress.h"

#define LINE_BACKLOG (1u << 20)
#define LINE_LAST 1000

void line_start(const char *base);
void line_add(
    const struct logevent *e, const struct suppress_entry *x, uint32_t n);
int line_turn(short *events_r);
int line_wait(void);
void line_read(void);
void line_end(void);

#endif
