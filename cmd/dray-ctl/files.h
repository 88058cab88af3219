/*
 * files - the overrides of an instance, dray-overrides(5).
 *
 *   files_open(base)        the directory; exits 111 if that fails
 *   files_add(dir, o)       makes o durable and in force under a new id, which
 *                           is put into o
 *   files_read(dir, f)      all that are there, in the order of their ids
 *   files_remove(dir, id)   1 it is removed, 0 there is none
 *
 * They exit 111 with a message on errors of the disk.
 */
#ifndef DRAY_CTL_FILES_H
#define DRAY_CTL_FILES_H

#include "common/override_dir.h"

int files_open(const char *base);
void files_add(int dir, struct override *o);
void files_read(int dir, struct override_files *f);
int files_remove(int dir, const char *id);

#endif
