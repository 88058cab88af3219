/*
 * leave - what it takes to let somebody leave: the keys of tokens, the
 * suppression list, the policy.
 *
 *   leave_open()       in the directory of the instance; dies (100, 111)
 *   leave_dirs(d)      the directories that are still read, LEAVE_DIRS of them
 *   leave_port()       on which the policy in force has us listen; 0 none
 *   leave_keys()       those of tokens, as they are now
 *   leave_now(t)       he leaves, durably: 1 it is new, 0 he had before, -1 it
 *                      could not be done
 *   leave_event(sa, t, isnew, how)  the line for the log
 */
#ifndef DRAY_UNSUB_LEAVE_H
#define DRAY_UNSUB_LEAVE_H

#include <skalibs/stralloc.h>

#include "common/drop.h"
#include "common/token.h"

#define LEAVE_DIRS 3

void leave_open(void);
void leave_dirs(struct drop_dir d[LEAVE_DIRS]);
unsigned int leave_port(void);
const struct token_keys *leave_keys(void);
int leave_now(const struct token *t);
void leave_event(
    stralloc *sa, const struct token *t, int isnew, const char *how);

#endif
