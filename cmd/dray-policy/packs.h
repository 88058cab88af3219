/*
 * packs - the packs that are installed: etc/packs of a base directory.
 *
 * etc/packs/NAME is a link to a directory .NAME-VERSION-DIGEST beside it,
 * which holds providers/, rules/ and a file "pack" that says what it is; so a
 * pack is put in place, and replaced, by one rename.  A directory NAME that
 * somebody made is read as well, but not touched.  Public keys, NAME.pub or
 * NAME.anything.pub, say whose packs called NAME are taken.
 *
 *   packs_list(basefd, names_r)   names of packs, sorted; free them with
 *                                 tree_list_free.  How many, or -1 errno
 *   packs_each(basefd, pack, dir, f, user)
 *                                 f(user, name, directory) for each, sorted by
 *                                 name, until one returns -1; as if pack, which
 *                                 may be NULL, were in the directory dir, or
 *                                 were not there if that is NULL.  0, or -1
 *   packs_about(basefd, name, a)  1 and what is installed, 0 nothing, -1 errno
 *   packs_dir(d, p)               the directory for a pack; returns d, which
 *                                 has PACKS_DIRMAX octets
 *   packs_unpack(basefd, p, dir)  makes it, synced
 *   packs_link(basefd, name, dir) puts it in place; NULL: takes the pack away
 *   packs_sweep(basefd, name, dir)
 *                                 removes all directories of that name but
 *                                 dir (NULL: all)
 *
 * The last three return 0, or -1 with errno.
 */
#ifndef DRAY_POLICY_PACKS_H
#define DRAY_POLICY_PACKS_H

#include <dirent.h>

#include "cmd/dray-policy/pack.h"

#define PACKS "etc/packs"
#define PACKS_DIRMAX 96

struct packs_about {
	uint64_t version; /* 0: nobody knows */
	char key[17];
	char digest[2 * PACK_DIGEST + 1];
};

int packs_list(int basefd, struct dirent ***names_r)
    __attribute__((warn_unused_result));
int packs_each(int basefd, const char *pack, const char *dir,
    int (*f)(void *user, const char *name, const char *dir), void *user)
    __attribute__((warn_unused_result));
int packs_about(int basefd, const char *name, struct packs_about *a)
    __attribute__((warn_unused_result));
char *packs_dir(char *d, const struct pack *p);
int packs_unpack(int basefd, const struct pack *p, const char *dir)
    __attribute__((warn_unused_result));
int packs_link(int basefd, const char *name, const char *dir)
    __attribute__((warn_unused_result));
int packs_sweep(int basefd, const char *name, const char *dir)
    __attribute__((warn_unused_result));

#endif
