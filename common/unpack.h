/*
 * unpack - reads a compressed file through zstd(1).
 *
 *   unpack_start(fd, pid_r) *fd is the file, and then a pipe from which its
 *                           plain text comes.  0, or -1 errno: *fd is closed
 *                           and -1
 *   unpack_end(pid)         after the end of the pipe.  0, or -1 EBADMSG: what
 *                           came was not the whole
 *   unpack_stop(pid)        without reading to the end
 */
#ifndef DRAY_UNPACK_H
#define DRAY_UNPACK_H

#include <sys/types.h>

int unpack_start(int *fd, pid_t *pid_r) __attribute__((warn_unused_result));
int unpack_end(pid_t pid) __attribute__((warn_unused_result));
void unpack_stop(pid_t pid);

#endif
