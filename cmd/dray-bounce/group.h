/*
 * group - the lines of a file of notices, put together: one group for each
 * notice that is to be made of them.
 *
 *   group_read(g, s, len)   looks through a whole file, which s keeps.  A group
 *                           has lines of one message and one kind, at most
 *                           GROUP_MAX.  The same file gives the same groups.
 *                           Lines that are malformed are in none: g->nbad of
 *                           them, g->badline the first (from 1), g->why
 *   group_load(g, i, d)     group i, below g->n, into d: the notices, the
 *                           message, and the name that makes it unique
 *   group_unload(g)         before the next one
 *   group_free(g)
 */
#ifndef DRAY_BOUNCE_GROUP_H
#define DRAY_BOUNCE_GROUP_H

#include "cmd/dray-bounce/dsn.h"
#include "common/spool.h"

#define GROUP_MAX 100

struct group_line {
	const char *s;
	size_t len;
	size_t number;
	char kind;
	char has; /* of the message: 0 nothing, 1 the header, 2 all */
	char id[SPOOL_MSGIDMAX + 1];
};

struct group {
	size_t first, count; /* in line */
};

struct groups {
	struct group_line *line;
	size_t nline, roomline;
	struct group *group;
	size_t n, room;
	size_t nbad, badline;
	const char *why;
	/* of the one that is loaded */
	struct notice notice[GROUP_MAX];
	struct notice original;
	size_t nloaded;
};

void group_read(struct groups *g, const char *s, size_t len);
void group_load(struct groups *g, size_t i, struct dsn *d);
void group_unload(struct groups *g);
void group_free(struct groups *g);

#endif
