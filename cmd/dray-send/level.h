/*
 * level - the lines of a group whose streams have the same priority.  They take
 * turns by campaign and tenant (turns.h), whatever sites they are of.
 *
 *   level_list(l)      a line that may have something to send
 *   level_unlist(l)    it has not, or cannot now
 *   level_starve(l)    it waits for a connection
 *   level_more(l)      it has mail of another owner, too
 *   level_first(v)     whose turn it is; NULL there is none
 *   level_hungry(v)    1 if some wait for a connection
 *   level_feed(v)      one of them is listed again, whose turn it is; 0 there is
 *                      none
 *   level_turn(l)      it gave a job
 *   level_free_all(g)  the group goes
 */
#ifndef DRAY_SEND_LEVEL_H
#define DRAY_SEND_LEVEL_H

#include <stdint.h>

#include "cmd/dray-send/line.h"

struct group;
struct ring_parts;

struct ring {
	struct line *only; /* while there are no parts */
	struct ring_parts *parts;
	uint32_t n;
	uint8_t at; /* whose turn it is */
};

struct level {
	struct level *next;
	struct ring ready;
	struct ring starved; /* all connections are taken, and none is its */
	struct span held; /* by a rate */
	uint8_t rank;
};

void level_list(struct line *l);
void level_unlist(struct line *l);
void level_starve(struct line *l);
void level_more(struct line *l);
struct line *level_first(struct level *v);
int level_hungry(const struct level *v);
int level_feed(struct level *v);
void level_turn(struct line *l);
void level_free_all(struct group *g);

#endif
