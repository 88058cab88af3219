/*
 * address - recipients who are given up: entries of the suppression list
 * (suppress.h), as [suppression] of the policy says.
 *
 *   address_open(base)        dies if there is a list that cannot be used; none at
 *                             all is said once
 *   address_policy()          the policy is new
 *   address_event(e, when)    a failure for good, or a delivery; milliseconds
 *   address_sync()            what was added is durable; 0, or -1 errno
 *   address_dir()             of the list, -1 there is none
 *   address_count()           how many have failed softly
 *   address_save(sa), address_load(line)  these, a line for each
 *
 * For good is what was refused with the class bad-mailbox or bad-domain; what
 * else the recipient is to blame for is soft, and counts once a message.  A
 * delivery sets the count to 0, unless it comes back.
 */
#ifndef DRAY_TUNE_ADDRESS_H
#define DRAY_TUNE_ADDRESS_H

#include <stdint.h>

#include <skalibs/stralloc.h>

#include "common/logevent.h"

#define ADDRESS_MAX 200000

void address_open(const char *base);
void address_policy(void);
void address_event(const struct logevent *e, uint64_t when);
int address_sync(void);
int address_dir(void);
unsigned int address_count(void);
void address_save(stralloc *sa, uint64_t now);
int address_load(const char *line);

#endif
