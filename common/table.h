/*
 * table - a constant database, read by mmap and replaced by rename.
 *
 * The only user of libcdb.  A table is never written in place: someone who
 * truncated a mapped file would kill its readers with SIGBUS.
 *
 *   table_open(path)          a table on the heap, or NULL with errno (EPROTO:
 *                             not a cdb)
 *   table_openat(dirfd, name) the same of a file in an open directory
 *   table_load(path)          the same, but read into memory: who cuts or
 *                             overwrites that file by force does no harm
 *   table_close(t)
 *   table_find(t, key, keylen, data_r, len_r)
 *                             1 found: data_r points into the map until the
 *                             table is closed; 0 not found; -1 EPROTO
 *   table_each(t, fn, arg)    calls fn(arg, key, keylen, data, len) for each
 *                             record, in the order in which they were made,
 *                             until it returns something else than 0.  0, what
 *                             fn returned, or -1 EPROTO
 *   table_changed(t, path)    1 if path now names another file, or this one
 *                             was written since
 *   table_changedat(t, dirfd, name)  the same
 *   table_sealed(t)           1 if it is whole, every octet as it was made:
 *                             table_make_finish() puts a checksum at the end.
 *                             Reads all of it
 *   table_seal(d, s, n)       the TABLE_SEAL octets that end a file with n
 *                             octets at s before them
 *
 *   table_make_start(dirfd, name)
 *                             writes NAME.tmp beside NAME; NULL with errno
 *                             (EAGAIN: somebody else is making it).  dirfd
 *                             must stay open until the end
 *   table_make_mode(m, mode)  the mode of the file, else 0666 less the umask
 *   table_make_add(m, key, keylen, data, len)
 *   table_make_finish(m)      syncs, renames, syncs the directory; frees m
 *   table_make_abort(m)       removes NAME.tmp; frees m
 *
 * They return 0, or -1 with errno.  After a failed finish NAME is the old one,
 * unless it was the sync of the directory that failed.  Limit: 4 GiB a table
 * (32-bit offsets).
 */
#ifndef DRAY_TABLE_H
#define DRAY_TABLE_H

#include <stddef.h>
#include <sys/types.h>

#define TABLE_SEAL 16

struct table;
struct table_make;

struct table *table_open(const char *path);
struct table *table_openat(int dirfd, const char *name);
struct table *table_load(const char *path);
void table_close(struct table *t);
int table_find(const struct table *t, const void *key, size_t keylen,
    const void **data_r, size_t *len_r) __attribute__((warn_unused_result));
int table_each(const struct table *t,
    int (*fn)(void *arg, const void *key, size_t keylen, const void *data,
	size_t len),
    void *arg) __attribute__((warn_unused_result));
int table_changed(const struct table *t, const char *path);
int table_changedat(const struct table *t, int dirfd, const char *name);
int table_sealed(const struct table *t);
void table_seal(void *d, const void *s, size_t n);

struct table_make *table_make_start(int dirfd, const char *name);
int table_make_mode(struct table_make *m, mode_t mode);
int table_make_add(struct table_make *m, const void *key, size_t keylen,
    const void *data, size_t len) __attribute__((warn_unused_result));
int table_make_finish(struct table_make *m) __attribute__((warn_unused_result));
void table_make_abort(struct table_make *m);

#endif
