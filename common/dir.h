/*
 * dir - the names in a directory that is open, and what comes to one.
 *
 *   dir_read(fd)        for readdir(3) and closedir(3), from the first name on,
 *                       each time anew; fd stays as it is.  NULL with errno
 *   dir_watch(path)     a descriptor that can be read when something was
 *                       renamed into this directory; -1 with errno
 *   dir_watch_clear(fd) until something comes again
 */
#ifndef DRAY_DIR_H
#define DRAY_DIR_H

#include <dirent.h>

DIR *dir_read(int fd) __attribute__((warn_unused_result));
int dir_watch(const char *path) __attribute__((warn_unused_result));
void dir_watch_clear(int fd);

#endif
