/*
 * line - what dray-unsub has to say to dray-log, and of tokens that are none.
 *
 *   line_start(loop)
 *   line_add(t, isnew, how)  somebody left.  Lines wait while dray-log is away, as
 *                       many as LINE_BACKLOG octets; the suppression list has it
 *                       all the same
 *   line_once(t, isnew, how)  the same without a loop: it waits LINE_ONCE
 *                       milliseconds at most, and says what is not logged
 *   line_unknown()      counted, and said once a minute at most
 */
#ifndef DRAY_UNSUB_LINE_H
#define DRAY_UNSUB_LINE_H

#include <ev.h>

#include "common/token.h"

#define LINE_BACKLOG (1u << 20)
#define LINE_ONCE 2000

void line_start(struct ev_loop *loop);
void line_add(const struct token *t, int isnew, const char *how);
void line_once(const struct token *t, int isnew, const char *how);
void line_unknown(void);

#endif
