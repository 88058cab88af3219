/*
 * user - who has logged in, and what he may do.
 *
 *   user_new(name, n, a)     with the account that dray-auth knows
 *   user_sender(u, p)        NULL, or the reply to MAIL that refuses this sender
 *   user_head(u, h)          NULL, or the reply to a message with this header,
 *                            whose From names whom the user may not name.  Puts
 *                            what is the user's into its settings
 *   user_counted(u)          1 if there is a quota or a rate
 *
 * u is NULL for those who have not logged in, and are trusted.
 */
#ifndef DRAY_SMTPD_USER_H
#define DRAY_SMTPD_USER_H

#include "cmd/dray-smtpd/head.h"
#include "cmd/dray-smtpd/path.h"
#include "common/account.h"

struct user {
	char name[ACCOUNT_NAMEMAX + 1];
	struct account a;
};

struct user *user_new(const char *name, size_t n, const struct account *a);
const char *user_sender(const struct user *u, const struct path *p);
const char *user_head(const struct user *u, struct head *h);
int user_counted(const struct user *u);

#endif
