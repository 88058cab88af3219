/*
 * place - the directories keys and etc/dkim of the working directory.
 *
 *   place_keys()          keys, open; dies (111) if it is not there
 *   place_domain(domain, make)
 *                         that of a domain in it, open; made if it is not there
 *                         and make is set.  -1: it is not there
 *   place_has(dirfd, name)  1 if there is such a file
 *   place_write(dirfd, name, text, n, mode, like)
 *                         a file, in one piece, on the disk when this returns;
 *                         takes the place of one that is there.  Root gives it
 *                         the owner and the group of the directory like
 *   place_tell()          dray-sign is to look at the keys
 *   place_each(fn)        fn(domain) for each in keys
 *   place_each_key(dirfd, fn, arg)
 *                         fn(arg, selector, name of the file) for each key of a
 *                         domain, by name
 *
 * What fails ends the program (111).
 */
#ifndef DRAY_KEYS_PLACE_H
#define DRAY_KEYS_PLACE_H

#include <stddef.h>
#include <sys/types.h>

#define PLACE_SUFFIX ".pem"
#define PLACE_NAMEMAX 72 /* a selector, the suffix, its end */

int place_keys(void);
int place_domain(const char *domain, int make);
int place_has(int dirfd, const char *name);
void place_write(int dirfd, const char *name, const char *text, size_t n,
    mode_t mode, const char *like);
void place_tell(void);
void place_each(void (*fn)(const char *domain));
void place_each_key(int dirfd,
    void (*fn)(void *arg, const char *selector, const char *name), void *arg);

#endif
