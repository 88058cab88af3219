/*
 * keys - the keys of BASE/keys/DOMAIN/SELECTOR.pem.
 *
 *   keys_open()           opens the directory keys of the working directory;
 *                         dies (111) if it cannot
 *   keys_dir()            its descriptor
 *   keys_watch(fd)        watches it by inotify, and those in it, as many as
 *                         the system likes
 *   keys_load(most)       reads what is new or has changed, and forgets what is
 *                         gone.  Where a file is of no use the key that it had
 *                         before stays, and that is said once.  0, or -1: there
 *                         are more than most, and some are left out
 *   keys_estimate()       how many files there are, without reading them
 *   keys_find(domain, dlen, selector, slen)
 *                         a key, with a reference of its own, or NULL.  A file
 *                         that has just come is read for it
 *
 * Names are in lower case.  What begins with a dot, is longer than a domain or a
 * selector can be, or is no directory or no *.pem, is passed over.
 */
#ifndef DRAY_SIGN_KEYS_H
#define DRAY_SIGN_KEYS_H

#include <stddef.h>

struct evp_pkey_st;

void keys_open(void);
int keys_dir(void);
void keys_watch(int fd);
int keys_load(unsigned int most);
unsigned int keys_estimate(void);
struct evp_pkey_st *keys_find(
    const char *domain, size_t dlen, const char *selector, size_t slen);

#endif
