/*
 * book - auth/users.cdb, read and written as a whole.
 *
 *   book_open(b, base)       finds it; dies if the directory is not there
 *   book_load(b)             reads it anew
 *   book_find(b, name)       the account of a user, or NULL
 *   book_each(b, fn, arg)    calls fn(arg, name, account) in the order of names
 *   book_lock(b)             nobody else changes it from here on, and it is
 *                            read anew; waits for others, for some seconds
 *   book_set(b, name, a)     an account that is new, or different
 *   book_remove(b, name)     it goes, if it was there
 *   book_nobody(b)           the hash for users who do not exist, which may be
 *                            changed; "" if there is none
 *   book_save(b)             puts it into place, on disk, for dray-auth alone
 *                            to read
 *
 * A file that is damaged, or cannot be read or written, ends the program.
 */
#ifndef DRAY_USERS_BOOK_H
#define DRAY_USERS_BOOK_H

#include "common/account.h"
#include "common/base.h"
#include "common/keyhash.h"

struct book_user {
	UT_hash_handle hh;
	char name[ACCOUNT_NAMEMAX + 1];
	struct account a;
};

struct book {
	int dirfd;
	char path[BASE_PATHMAX];
	struct table_make *lock;
	struct book_user *users;
	char nobody[ACCOUNT_HASHMAX];
};

void book_open(struct book *b, const char *base);
void book_load(struct book *b);
struct account *book_find(struct book *b, const char *name);
void book_each(struct book *b,
    void (*fn)(void *arg, const char *name, const struct account *a),
    void *arg);
void book_lock(struct book *b);
void book_set(struct book *b, const char *name, const struct account *a);
void book_remove(struct book *b, const char *name);
char *book_nobody(struct book *b);
void book_save(struct book *b);

#endif
