/*
 * merge - makes a new suppress.cdb of the old one and of changes.
 *
 *   merge_start(m, dirfd)   from here on nobody else makes one; waits for who
 *                           does.  Dies (111) of an error, and so do the others
 *   merge_end(m, ops, k, hashed)  makes it, by rename, and durable.  The addresses
 *                           go if only hashes are kept
 *   merge_leave(m)          or not
 *
 * Both the table and the changes go by the hash of the address, so that they are
 * gone through side by side, whatever their size.  Afterwards m->addresses and
 * m->entries are counts.
 */
#ifndef DRAY_SUPPRESS_MERGE_H
#define DRAY_SUPPRESS_MERGE_H

#include <stdint.h>

#include "cmd/dray-suppress/ops.h"
#include "common/table.h"

#define MERGE_KEY "key" /* of a record that tells the key of the hashes */

struct merge {
	int dir;
	struct table_make *make;
	uint64_t addresses, entries;
};

void merge_start(struct merge *m, int dirfd);
void merge_end(
    struct merge *m, struct ops *ops, const struct token_keys *k, int hashed);
void merge_leave(struct merge *m);

#endif
