/*
 * take - hands a returned message to the process for returns of the dray-bounce
 * that runs (returns.h), for those who have it in a pipe or a maildir.
 *
 *   take_main(base, to)     the message on standard input, which came to address
 *                           to; NULL: as the environment says, or else its header
 *   take_maildir(base, dir) each file of dir/new, the oldest first, and moves it
 *                           to dir/cur when it is durable
 *   take_one(t)             a message, in a process of its own: the exit code
 *
 * The first two never return.  The exit codes are 0, it is kept; 100, it never
 * will be; and TAKE_LATER for whatever else there may be, since it is the one that
 * all mail systems know as temporary (EX_TEMPFAIL).
 */
#ifndef DRAY_BOUNCE_TAKE_H
#define DRAY_BOUNCE_TAKE_H

#include <stddef.h>

#define TAKE_LATER 75
#define TAKE_TOS 4 /* addresses of a message */

struct take {
	const char *base;
	int fd; /* to read it from */
	const char *name; /* of its file */
	const char *to[TAKE_TOS]; /* of the envelope */
	size_t nto; /* 0: its header may have them */
};

void take_main(const char *base, const char *to) __attribute__((noreturn));
void take_maildir(const char *base, const char *dir) __attribute__((noreturn));
int take_one(const struct take *t) __attribute__((warn_unused_result));

#endif
