/*
 * listing - what is on which list, in a run and in the one before.
 *
 *   listings_add(l, zone, name, code, since)  the new one
 *   listings_find(l, zone, name)  or NULL
 *   listings_read(l, dir)     what check/dnsbl in the open directory says; a
 *                             line that is malformed is passed over
 *   listings_write(l, dir)    puts it there, whole or not at all, and synced; 0,
 *                             or -1 errno
 *
 * At most LISTINGS_MAX are kept; listings_add returns NULL above that.
 */
#ifndef DRAY_CHECK_LISTING_H
#define DRAY_CHECK_LISTING_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

#include "common/policy.h"

#define LISTINGS_MAX 20000
#define LISTING_CODEMAX INET_ADDRSTRLEN
#define LISTING_TEXTMAX 256

struct listing {
	char zone[POLICY_NAMEMAX + 1];
	char name[POLICY_NAMEMAX + 1];
	char code[LISTING_CODEMAX];
	char text[LISTING_TEXTMAX]; /* what the list says in words; not kept */
	uint64_t since; /* seconds since 1970 */
	int fresh; /* not known before this run */
	int isdomain; /* of what this run has asked for */
	int asked; /* this run asks for it, too */
};

struct listings {
	struct listing *v;
	size_t n, room;
};

struct listing *listings_add(struct listings *l, const char *zone,
    const char *name, const char *code, uint64_t since);
struct listing *listings_find(
    const struct listings *l, const char *zone, const char *name);
void listings_read(struct listings *l, int dir);
int listings_write(const struct listings *l, int dir)
    __attribute__((warn_unused_result));

#endif
