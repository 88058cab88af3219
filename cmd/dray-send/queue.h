/*
 * queue - what is ready at a destination: a queue for each stream that there
 * is mail of, in the order of their priority.
 *
 * Within a queue campaigns and tenants take turns: the runs of each are a flow
 * (beyond 256 of them some share one).  A queue where each has little does
 * without that: its runs are one flow, in which those of an owner are searched.
 * So a million destinations with a few messages each cost no flows.  A
 * destination that sleeps, or waits for a place for a lane, has no queues at all
 * unless it has very much: what is ready rests in one list.
 *
 *   queue_add(d, n, front)  run n of the destination is ready; with front it
 *                           goes before the others of its flow
 *   queue_fill(d)           what rests comes into queues
 *   queue_rest(d)           its queues leave their lines, and if there is not
 *                           too much in them what they have rests; jobs that
 *                           were given back keep them
 *   queue_urgent(d)         the stream with the highest priority that it has
 *   queue_first(q)          the run whose turn it is, 0 there is none
 *   queue_flow(q)           the flow that it is in
 *   queue_shift(q)          that run leaves
 *   queue_turn(q)           the next flow's turn
 *   queue_pick(q, part)     what is first is of these owners (turns.h) now; 0:
 *                           there is nothing of them, and q->owners knows
 *   queue_sweep(d, sweep, arg)
 *                           takes out the runs for which sweep(arg, n) is 1; 2
 *                           ends the walk through a list
 *   queue_sweep_list(first, last, sweep, arg)
 *                           the same for any list of runs; how many left it
 *   queue_uncut(d)          nothing of it is being cut any more (cut.c)
 *   queue_uncut_run(d, n)   nor is this run
 *   queue_order(d)          anew, after the priorities have changed
 *   queue_tidy(d)           frees those that are empty
 *   queue_busy(d)           1 if anything is in them
 */
#ifndef DRAY_SEND_QUEUE_H
#define DRAY_SEND_QUEUE_H

#include <stdint.h>
#include <sys/queue.h>

#include "cmd/dray-send/mail.h"

#define QUEUE_FEW 32 /* runs of one owner that need no flows */
#define QUEUE_REST 1024 /* runs of a destination that may rest */

struct dest;
struct line;
struct split;

struct flow {
	TAILQ_ENTRY(flow) turn;
	uint32_t first, last; /* runs */
	uint16_t place; /* in queue.split */
	struct cut *cut; /* of its first run */
};

TAILQ_HEAD(flows, flow);

struct queue {
	TAILQ_ENTRY(queue) link; /* of the destination, by priority */
	TAILQ_ENTRY(queue) turn; /* in its line */
	struct dest *dest;
	struct line *line; /* NULL: it is not its turn, whatever is in it */
	uint8_t part; /* of the line */
	uint32_t nruns;
	uint64_t owners; /* of the runs, or some more (turns.h) */
	uint8_t stream; /* names.c */
	struct split *split; /* NULL: all runs are in the flow all */
	struct flow all;
	struct flows flows; /* in turn */
	struct jobs again; /* given back */
	unsigned int nagain;
};

TAILQ_HEAD(queues, queue);

typedef int queue_sweep_fn(void *arg, uint32_t n);

void queue_add(struct dest *d, uint32_t n, int front);
void queue_fill(struct dest *d);
void queue_rest(struct dest *d);
uint8_t queue_urgent(const struct dest *d);
struct flow *queue_flow(const struct queue *q);
uint32_t queue_first(const struct queue *q);
void queue_shift(struct queue *q);
void queue_turn(struct queue *q);
int queue_pick(struct queue *q, uint8_t part);
struct queue *queue_of(struct dest *d, uint8_t stream);
void queue_sweep(struct dest *d, queue_sweep_fn *sweep, void *arg);
uint32_t queue_sweep_list(
    uint32_t *first, uint32_t *last, queue_sweep_fn *sweep, void *arg);
void queue_uncut(struct dest *d);
void queue_uncut_run(struct dest *d, uint32_t n);
void queue_order(struct dest *d);
void queue_tidy(struct dest *d);
int queue_busy(const struct dest *d);

#endif
