/*
 * ops - changes to the list, in any number: they come in any order, and are had
 * by the hash of the address, those of one address as they came.  They wait in
 * files without a name, so that memory does not grow with them.
 *
 *   ops_new(dirfd)       the files are made in that directory
 *   ops_add(o, op, e)
 *   ops_next(o)          the address of the next one, or NULL; after the first
 *                        call nothing may be added
 *   ops_take(o, e)       that one, its op; the one behind it is next
 *   ops_free(o)
 */
#ifndef DRAY_SUPPRESS_OPS_H
#define DRAY_SUPPRESS_OPS_H

#include <stdint.h>

#include "common/suppress.h"

struct ops;

struct ops *ops_new(int dirfd);
void ops_add(struct ops *o, char op, const struct suppress_entry *e);
const unsigned char *ops_next(struct ops *o);
char ops_take(struct ops *o, struct suppress_entry *e);
void ops_free(struct ops *o);

#endif
