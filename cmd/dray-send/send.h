/*
 * send - the parts of dray-send.
 *
 * bundles.h: what is known of the spool
 *   scan.c     finds bundles in new/ and cur/, a few at a turn of the loop
 *   store.c    bundles: loading, setting aside, removal
 *   open.c     the bundles that are open: a cache; done bits
 *   gauge.c    how much is queued, for dray-queued
 *   punch.c    gives back the space of what is done in a bundle that lingers
 *   disk.c     the thread that does what blocks: notices, removal, punching
 * mail.h: what is to be delivered, and what becomes of it
 *   run.c      runs: what is to be delivered of one message to one domain
 *   runs.c     where they are; fold.c makes those smaller that just wait
 *   msg.c      what the runs of a message have in common
 *   pass.c     how far the runs have come that are being handed out
 *   tuple.c    whose mail a run is: senders, tenants and campaigns, each once
 *   plan.c     when mail may be delivered: starts and windows, each once
 *   owner.c    the same for the turns that campaigns and tenants take
 *   names.c    streams and routes: how much of each is queued
 *   stream.c   which stream goes first, and what it keeps for itself
 *   cut.c      recipients that are cut off a run
 *   signer.c   who signs it, and the sender that it leaves with
 *   suppressed.c
 *              who gets no mail any more
 *   job.c      they are handed to a lane: transactions
 *   verdict.c  what a reply means for a recipient
 *   judge.c    what it means at all, by the reply rules
 *   notice.c   what senders are owed a notice of: spool/bounce/
 *   delay.c    when senders are told that a message is late
 *   event.c    the event lines
 * site.h: where it goes
 *   dest.c     destinations: which sleep
 *   expiry.c   what expires there
 *   queue.c    what is ready at a destination, by stream and campaign
 *   sweep.c    takes runs out of a list
 *   words.c    texts that many of them share
 *   book.c     things found by a key, and rows of those whose turn comes: row.c
 *   walk.c     what concerns all destinations, in slices
 *   servers.c  where the mail of a destination goes
 *   site.c     destinations with the same servers, and which of these sleep
 *   line.c     what is ready for a site, by stream and campaign
 *   group.c    the sites of a provider, and its limits
 *   serve.c    who is served next
 *   want.c     who waits for a place for a lane
 *   relief.c   idle lanes that make place for others
 *   quota.c, share.c, meter.c
 *              limits that groups share
 *   trial.c    campaigns begin with a sample
 *   volume.c   limits of what leaves in a day
 *   warmup.c, spread.c, overflow.c
 *              plans for sources that get warm, and what goes elsewhere
 *   daily.c, dailyfile.c
 *              what left today, and spool/daily
 *   held.c     what holds mail back, and for how long it did
 *   pace.c     how fast the servers of a site are
 *   dnslink.c  the connection to dray-dns
 *   mx.c       the servers of a domain: which ones, in which order
 *   path.c     the ways out: the sources of routes
 *   own.c      the addresses of this machine
 *   lane.c     lanes: one SMTP connection in a dray-remote
 *   worker.c   the connections to the dray-remote processes and their frames
 * steer.h: what operators decide
 *   match.c, rules.c, hold.c, command.c
 * here:
 *   timer.c    for the earliest of all that is due
 *   loglink.c  the connection to dray-log, and what it holds back
 *   control.c  the connections of dray-stat and its like; what they ask for:
 *   stats.c    sums
 *   listing.c  every message
 *   why.c, whypath.c, whyday.c, fact.c
 *              what holds mail to a destination back, and who said so
 *
 * A recipient is in exactly one place: in a run that is ready at its
 * destination, in a run that is deferred (heap by time), in a job (in a lane,
 * or waiting at its destination to be given again), in a notice that is being
 * written, or done.
 */
#ifndef DRAY_SEND_H
#define DRAY_SEND_H

#include <ev.h>
#include <stdint.h>
#include <sys/queue.h>

#include "cmd/dray-send/bundles.h"
#include "cmd/dray-send/mail.h"
#include "cmd/dray-send/numbers.h"
#include "cmd/dray-send/runs.h"
#include "cmd/dray-send/site.h"
#include "common/heap.h"
#include "common/logclient.h"
#include "common/policy.h"
#include "common/pool.h"
#include "common/spool.h"

#define OPEN_MAX_BUNDLES 512 /* open and not in use */
#define OPEN_MAX_SIZE (16u << 20) /* octets of memory for them */
#define LOG_BACKLOG (8u << 20) /* octets; above this nothing new is started */
#define WORKERS_MAX 32
#define RESCAN 10 /* seconds until a bundle that failed is tried again */
#define OPEN_MOST 8192 /* bundles in use at a time, if descriptors allow */

struct control;
TAILQ_HEAD(controls, control);

struct counters {
	uint64_t delivered, deferred, bounced, expired, removed, received,
	    suppressed;
};

struct disk;

struct send {
	struct ev_loop *loop;
	const char *base;
	struct spool spool;
	struct policy policy;
	struct policy_retry retry;
	struct policy_node node;
	struct policy_notices notices;
	struct logclient log;
	ev_io log_io;
	ev_timer log_retry;
	struct pool slots, msgs, passes;
	struct runs runs;
	char **hosts;
	unsigned int nhosts;
	struct opens lru, dirty, unsynced;
	ev_timer sync;
	unsigned int nlru;
	size_t lrusize; /* octets that they take */
	unsigned int nopen, openmax; /* all that are open; in use at most */
	struct heap due, wake, sitewake, delays;
	uint64_t told; /* of delays until then our predecessor told */
	int careful; /* bits wait for events: dray-send.c, flush_bits */
	struct numbers dest, site;
	struct book dests, sites; /* by name, by key */
	struct row todo, sitetodo;
	struct wants wanting[WANTS];
	struct group *groups; /* by name */
	struct groups grouptodo;
	struct lane **lane; /* by number */
	uint32_t nlane, roomlane, lanes;
	struct job **job;
	uint32_t roomjob, jobs;
	struct worker *worker[WORKERS_MAX];
	unsigned int nworker;
	ev_io listener, control, trigger, watch;
	ev_timer deadline;
	ev_prepare prepare;
	ev_idle idle;
	struct scan newscan, curscan;
	struct seen *seen; /* loaded from new/ while cur/ is scanned */
	ev_tstamp noreuse; /* until then no file is written over */
	uint32_t rescan; /* when to look at the spool again, 0 no need */
	struct {
		uint32_t *slot;
		size_t head, len, room;
	} finished;
	uint64_t nmsg, nrcpt;
	unsigned char *gauge;
	uint64_t loaded; /* messages, ever; in the gauge, too */
	struct counters count;
	struct disk *disk;
	uint64_t sessions;
	ev_tstamp started;
	struct controls controls;
	int ending;
};

extern struct send self;

static inline struct run *
run_at(uint32_t n)
{
	return runs_at(&self.runs, n);
}

/* timer.c */
void timer_init(void);
void timer_set(void);

/* loglink.c */
void loglink_start(void);
void loglink_turn(void);
void loglink_unbusy(void);
int loglink_busy(void);
int loglink_behind(void);

/* control.c */
void control_listen(void);

#endif
