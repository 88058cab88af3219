/*
 * dir - the names in a directory that is open.
 *
 *   dir_read(fd)        for readdir(3) and closedir(3), from the first name on,
 *                       each time anew; fd stays as it is.  NULL with errno
 */
#ifndef DRAY_DIR_H
#define DRAY_DIR_H

#include <dirent.h>

DIR *dir_read(int fd) __attribute__((warn_unused_result));

#endif
