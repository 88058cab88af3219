/*
 * tree - small directories of small files, made and removed as a whole.
 *
 * What a tree is made for happens by a rename after tree_sync: until then
 * nobody looks at it, and what a crash leaves of it is removed by name.
 *
 *   tree_file(dirfd, path, s, n)
 *                       a new file, not yet synced
 *   tree_write(dirfd, path, s, n)
 *                       the same, with the directories that it needs; path is
 *                       a relative one
 *   tree_sync(dirfd, name)
 *                       syncs all files and directories below a directory,
 *                       and itself
 *   tree_syncdir(dirfd, name)
 *                       syncs the names in a directory, no more
 *   tree_remove(dirfd, name)
 *                       removes whatever has that name; follows no links.
 *                       Nothing of that name is fine
 *   tree_read(dirfd, path, max, s_r, n_r)
 *                       a regular file of at most max octets, on the heap,
 *                       with a NUL behind it.  EFBIG, EINVAL: no regular file
 *   tree_list(dirfd, path, pick, names_r)
 *                       the names that pick likes, sorted as by strcmp; the
 *                       result is how many, none if there is no directory
 *   tree_files(dirfd, path, end, names_r)
 *                       the same for names with this end that are not hidden
 *   tree_list_free(names, n)
 *
 * All but the last return 0 (the two before it: a number), or -1 with errno.  Paths
 * have at most TREE_DEPTH directories.
 */
#ifndef DRAY_POLICY_TREE_H
#define DRAY_POLICY_TREE_H

#include <dirent.h>
#include <stddef.h>

#define TREE_DEPTH 16

int tree_file(int dirfd, const char *path, const void *s, size_t n)
    __attribute__((warn_unused_result));
int tree_write(int dirfd, const char *path, const void *s, size_t n)
    __attribute__((warn_unused_result));
int tree_sync(int dirfd, const char *name) __attribute__((warn_unused_result));
int tree_syncdir(int dirfd, const char *name)
    __attribute__((warn_unused_result));
int tree_remove(int dirfd, const char *name)
    __attribute__((warn_unused_result));
int tree_read(int dirfd, const char *path, size_t max, char **s_r, size_t *n_r)
    __attribute__((warn_unused_result));
int tree_list(int dirfd, const char *path, int (*pick)(const struct dirent *),
    struct dirent ***names_r) __attribute__((warn_unused_result));
int tree_files(int dirfd, const char *path, const char *end,
    struct dirent ***names_r) __attribute__((warn_unused_result));
void tree_list_free(struct dirent **names, int n);

#endif
