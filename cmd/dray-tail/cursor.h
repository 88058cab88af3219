/*
 * cursor - a place in the log that survives a crash, in a file of one line:
 * the id of a log file, a space, an offset in its plain text.
 *
 *   cursor_load(path, id_r, offset_r)  1, 0 there is none yet, -1 errno
 *                           (EPROTO: it is not a cursor)
 *   cursor_save(path, id, offset)  by a file beside it that is synced and
 *                           renamed.  0, or -1 errno: the old one is in force
 */
#ifndef DRAY_TAIL_CURSOR_H
#define DRAY_TAIL_CURSOR_H

#include <stdint.h>

int cursor_load(const char *path, char *id_r, uint64_t *offset_r)
    __attribute__((warn_unused_result));
int cursor_save(const char *path, const char *id, uint64_t offset)
    __attribute__((warn_unused_result));

#endif
