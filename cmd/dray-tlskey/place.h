/*
 * place - the directories that the files of certificates are in.
 *
 *   place_open()          opens them: those of the names in the policy, and
 *                         those of the files that these lead to.  One that is
 *                         not there is told of, and left out
 *   place_dirs(d, n)      appends them to n directories for drop_enter(), where
 *                         there is room for PLACE_MAX; how many there are then
 *   place_watch(fd)       watches them by inotify
 */
#ifndef DRAY_TLSKEY_PLACE_H
#define DRAY_TLSKEY_PLACE_H

#include "common/drop.h"

#define PLACE_MAX 1024 /* two for each of two files */

void place_open(void);
unsigned int place_dirs(struct drop_dir *d, unsigned int n);
void place_watch(int fd);

#endif
