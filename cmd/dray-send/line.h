/*
 * line - what of one stream is ready for one site: the queues of all its
 * destinations.  They take turns by campaign and tenant (turns.h), so that a
 * campaign to a few of a provider's domains does not wait for one to thousands
 * of them.
 *
 *   line_of(s, stream)   the line of the site, made if need be
 *   line_add(l, q)       a queue that has something
 *   line_del(q)          it leaves its line, if it is in one
 *   line_more(q)         it has mail of another owner, too
 *   line_owners(l)       whose mail there is
 *   line_first(l)        whose turn it is; NULL there is none.  What is first in
 *                        that queue is of the owner whose turn it is
 *   line_turn(q)         it gave a job: the next one's turn
 *   line_free_all(s)     the site goes; its lines are empty
 */
#ifndef DRAY_SEND_LINE_H
#define DRAY_SEND_LINE_H

#include <stdint.h>
#include <sys/queue.h>

#include "cmd/dray-send/held.h"
#include "cmd/dray-send/queue.h"

struct level;
struct line_parts;
struct site;

struct line {
	TAILQ_ENTRY(line) turn; /* in its level */
	struct level *level; /* NULL: it is not listed there (group.c) */
	struct line *next; /* of the site */
	struct site *site;
	uint32_t nqueues;
	uint8_t stream;
	uint8_t starved; /* in the other ring of the level */
	uint8_t part; /* of that ring */
	uint8_t at; /* whose turn it is here */
	struct queue *only; /* the one queue, while there are no parts */
	struct line_parts *parts;
	struct span held; /* by what lets it have no lane */
};

TAILQ_HEAD(lines, line);

struct line *line_of(struct site *s, uint8_t stream);
void line_add(struct line *l, struct queue *q);
void line_del(struct queue *q);
void line_more(struct queue *q);
uint64_t line_owners(const struct line *l);
struct queue *line_first(struct line *l);
void line_turn(struct queue *q);
void line_free_all(struct site *s);

#endif
