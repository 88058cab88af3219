/*
 * users - the users (account.h), read into memory.
 *
 *   users_open()           auth/users.cdb, below the working directory; nobody
 *                          is a user as long as there is none.  Dies (111) if
 *                          it cannot be read
 *   users_refresh()        reads it again.  One that cannot be read changes
 *                          nothing, and that is said
 *   users_find(a, name, n) 1 if there is such a user
 *   users_nobody(d)        the hash for those who do not exist; d has room for
 *                          ACCOUNT_HASHMAX octets.  "" if there is none
 */
#ifndef DRAY_AUTH_USERS_H
#define DRAY_AUTH_USERS_H

#include "common/account.h"

void users_open(void);
void users_refresh(void);
int users_find(struct account *a, const char *name, size_t n);
void users_nobody(char *d);

#endif
