/*
 * worker - the process: its loop, its link with dray-send, its lanes.
 *
 *   worker_init(w)         before all else
 *   worker_start(w, fd)    takes over the socket, sends HELLO
 *   worker_run(w)          never returns: exits 0 when dray-send has gone or
 *                          SIGTERM has come, 111 on a malformed frame
 *   worker_spare(w, b_r)   a buffer that another lane gave back, or none
 *   worker_give(w, b)      gives one back
 *   worker_came(w), worker_gone(w)  a lane has been opened, has ended
 *
 * Everything that a turn of the loop has brought, jobs and replies, is taken
 * in first; then, before the loop sleeps, each lane that it concerned runs
 * once, and then all frames for dray-send leave together.  So several jobs
 * cost one write, and several results too.
 *
 * Timing: nothing waits longer than that for the next turn.  A process without
 * lanes has no timers.  While there are lanes, SIGALRM ends a process whose
 * loop has not turned for 25 to 30 seconds.
 */
#ifndef DRAY_REMOTE_WORKER_H
#define DRAY_REMOTE_WORKER_H

#include <ev.h>
#include <sys/queue.h>

#include "common/frame.h"

#include "broken.h"
#include "handle.h"
#include "lane.h"
#include "output.h"

#define WORKER_READ 65536 /* octets taken from a connection at once */
#define WORKER_HIGH (1u << 20) /* waiting for dray-send: no more replies read */
#define WORKER_LOW (1u << 18) /* until so much is left */
#define WORKER_SPARES 16
#define WORKER_STOP 5.0 /* seconds from SIGTERM to the end */

TAILQ_HEAD(lanes, lane);
LIST_HEAD(lane_chain, lane);
STAILQ_HEAD(spare_jobs, job);

struct worker {
	struct ev_loop *loop;
	struct frame link;
	ev_io rd, wr; /* of the link */
	ev_prepare before; /* before the loop sleeps */
	ev_timer soon; /* another turn at once, for `again` */
	ev_timer watchdog; /* while there are lanes */
	ev_timer stop; /* after SIGTERM */
	ev_signal term;
	int stopping;
	int choked; /* dray-send does not read */
	struct lanes dirty; /* have something to do before the loop sleeps */
	struct lanes again; /* want another turn after other work */
	struct lanes waiting; /* not read from while we are choked */
	struct lane_chain chains[LANE_CHAINS]; /* all lanes, by number */
	unsigned int nlanes;
	unsigned int lanesmax;
	struct handles handles;
	struct broken broken; /* CHUNKING */
	struct broken notls;
	struct tls *tls;
	struct composer *composer;
	struct buf spare[WORKER_SPARES];
	unsigned int nspare;
	struct spare_jobs jobs; /* free ones */
	unsigned int njobs;
	char read[WORKER_READ];
};

void worker_init(struct worker *w);
void worker_start(struct worker *w, int fd);
void worker_run(struct worker *w) __attribute__((noreturn));
void worker_spare(struct worker *w, struct buf *b_r);
void worker_give(struct worker *w, struct buf *b);
void worker_came(struct worker *w);
void worker_gone(struct worker *w);

#endif
