/*
 * send - the parts of dray-send.
 *
 * scan.c     finds bundles in new/ and cur/, a few at a turn of the loop
 * store.c    bundles: loading, setting aside, removal
 * open.c     the bundles that are open: a cache; done bits
 * gauge.c    how much is queued, for dray-queued
 * run.c      runs: what is to be delivered of one message to one domain
 * tuple.c    whose mail a run is: senders, tenants and campaigns, each once
 * dest.c     destinations: which runs are ready, which sleep
 * job.c      transactions: recipients cut off a run and handed to a lane
 * mx.c       the servers of a domain: which ones, in which order
 * own.c      the addresses of this machine
 * dnslink.c  the connection to dray-dns
 * lane.c     lanes: one SMTP connection in a dray-remote
 * worker.c   the connections to the dray-remote processes and their frames
 * verdict.c  what a reply means for a recipient
 * notice.c   what senders are owed a notice of: spool/bounce/
 * delay.c    when senders are told that a message is late
 * punch.c    gives back the space of what is done in a bundle that lingers
 * disk.c     the thread that does what blocks: notices, removal, punching
 * event.c    the event lines
 * loglink.c  the connection to dray-log, and what it holds back
 * names.c    streams and routes: how much of each is queued
 * match.c, rules.c, hold.c, command.c: what operators decide, steer.h
 * control.c  the connections of dray-stat and its like; what they ask for:
 * stats.c    sums
 * listing.c  every message
 *
 * A recipient is in exactly one place: in a run that is ready at its
 * destination, in a run that is deferred (heap by time), in a job (in a lane,
 * or waiting at its destination to be given again), in a notice that is being
 * written, or done.
 */
#ifndef DRAY_SEND_H
#define DRAY_SEND_H

#include <dirent.h>
#include <ev.h>
#include <sys/queue.h>

/* Strangers choose the domains, so the hash is keyed (dest.c). */
unsigned int send_hash(const void *key, size_t len);
#define HASH_FUNCTION(key, len, hv) ((hv) = send_hash((key), (len)))
#include <uthash.h>

#include "cmd/dray-send/mx.h"
#include "common/bundle.h"
#include "common/frame.h"
#include "common/heap.h"
#include "common/logclient.h"
#include "common/policy.h"
#include "common/pool.h"
#include "common/remoteproto.h"
#include "common/spool.h"

#define OPEN_MAX_BUNDLES 512 /* open and not in use */
#define LOG_BACKLOG (8u << 20) /* octets; above this nothing new is started */
#define WORKERS_MAX 32
#define RESCAN 10 /* seconds until a bundle that failed is tried again */
#define OPEN_MOST 8192 /* bundles in use at a time, if descriptors allow */

/* A bundle.  Kept small: there may be a million of them. */
struct slot {
	uint64_t logged; /* number of its last event line */
	struct open *open;
	uint32_t sec, usec, pid, seq;
	uint16_t host; /* index into self.hosts */
	uint8_t bad; /* damaged: set aside, do not remove */
	uint8_t finished;
	uint8_t punched; /* disk space of what is done was given back */
	uint32_t nmsg;
	uint32_t nrcpt;
	uint32_t left; /* recipients that are not done */
	uint32_t runs; /* that are not finished */
};

/* A bundle that is open, with its index and its done bits. */
struct open {
	TAILQ_ENTRY(open) lru; /* while refs is 0 */
	TAILQ_ENTRY(open) dirty;
	TAILQ_ENTRY(open) unsynced;
	uint32_t slot;
	uint32_t refs; /* jobs, and runs being cut */
	uint32_t workers; /* bit: this worker has its descriptor */
	struct bundle b;
	int fd;
	unsigned char *done;
	uint32_t lo, hi; /* octets of done to be written; lo > hi: none */
	int isdirty;
	int isunsynced; /* bits were written that may not be on disk */
};

TAILQ_HEAD(opens, open);

struct run {
	uint32_t slot;
	uint32_t msg; /* number of the message in the bundle */
	uint32_t at; /* where the run is in the index */
	uint32_t dest;
	uint32_t next; /* in the destination's list, or when it is due */
	uint32_t first; /* number of its first recipient */
	uint32_t arrival; /* seconds since 1970 */
	uint32_t expiry;
	uint32_t tuple; /* sender, tenant, campaign: tuple.c */
	uint16_t count; /* recipients */
	uint16_t cut; /* of them handed out in this pass */
	uint16_t flying; /* in jobs or notices */
	uint8_t stream, route; /* names.c */
	uint8_t where; /* RUN_... */
	uint8_t deferred : 1; /* one of them has to be tried later */
	uint8_t again : 1; /* this pass has to be repeated */
	uint8_t dead : 1; /* nothing is left but its place in a list */
	uint8_t seen : 1; /* while the heap is tidied */
	uint8_t doom : 2; /* DOOM_..., for what comes back */
	uint8_t delay : 1; /* its sender may want to hear that it is late */
};

/* Where a run is: in no list (its pass is under way), in one of the two of its
 * destination, or in the heap of what is due.  A free element has count 0. */
enum { RUN_OUT, RUN_READY, RUN_HELD, RUN_DEFERRED };
/* What an operator decided about a run. */
enum { DOOM_NONE, DOOM_REMOVE, DOOM_EXPIRE };

struct job {
	TAILQ_ENTRY(job) link; /* in its lane, or waiting to be given again */
	uint32_t number;
	uint32_t run;
	uint32_t tries;
	struct lane *lane;
	struct open *open;
	ev_tstamp given;
	stralloc rcpts; /* theirs, as in the bundle's block */
	uint8_t utf8; /* its recipients need SMTPUTF8 */
	uint16_t n;
	uint16_t index[]; /* which recipients of the run */
};

TAILQ_HEAD(jobs, job);

struct lane {
	TAILQ_ENTRY(lane) link;
	uint32_t number;
	struct worker *worker;
	struct dest *dest;
	struct jobs jobs;
	unsigned int njobs;
	unsigned int depth;
	unsigned int given; /* jobs so far */
	unsigned int slots; /* jobs it may hold */
	unsigned int limit; /* jobs in all, 0 none */
	enum { CONNECTING, UP, CLOSING } state;
	uint8_t address;
	uint32_t caps;
	uint32_t connect_us, hello_us;
	struct {
		uint32_t us; /* the handshake */
		uint8_t version; /* 0x12, 0x13; 0 none */
		uint8_t flags; /* REMOTE_TLS_VERIFIED, RESUMED */
		char cipher[65];
		char why[REMOTE_WHYMAX + 1]; /* why there is none */
	} tls;
	uint32_t rcptmax; /* recipients of a transaction, 0 no limit */
	uint32_t done; /* transactions with a verdict */
	ev_tstamp opened, deadline;
	uint64_t session;
	char local[65];
	struct policy_route *route;
};

TAILQ_HEAD(lanes, lane);

struct dest {
	UT_hash_handle hh;
	TAILQ_ENTRY(dest) todo;
	TAILQ_ENTRY(dest) wanting;
	TAILQ_ENTRY(dest) asking;
	uint32_t number;
	uint32_t first, last; /* runs that are ready */
	uint32_t hfirst, hlast; /* runs that are held */
	uint64_t nready; /* recipients in them */
	uint64_t nheld; /* recipients in the runs that are held */
	uint64_t ndeferred; /* recipients whose time has not come */
	uint32_t nruns; /* runs that are its, wherever they are */
	uint32_t min_expiry; /* no ready run expires before this */
	struct jobs again;
	unsigned int nagain;
	struct lanes lanes;
	unsigned int nlanes, nup;
	unsigned int allowed; /* lanes, learnt */
	unsigned int rcptmax; /* recipients of a transaction, learnt; 0 none */
	unsigned int fails; /* in a row */
	uint32_t until; /* asleep until, 0 awake */
	uint32_t wake_at; /* there is a heap entry for this time */
	uint32_t expire_at; /* and for this, to look what has expired */
	uint8_t istodo, iswanting, islimited;
	uint8_t isasking; /* dray-dns: 1 the question waits, 2 it was sent */
	uint8_t isrefused; /* there is nobody to take its mail */
	uint8_t dirty; /* dead runs are in its lists */
	uint32_t flushed; /* by this command: command.c */
	uint8_t fresh; /* has mail that was never tried */
	uint64_t rules; /* for which paused was worked out: hold.c */
	uint64_t held_by; /* bits of rules that hold runs of it */
	uint8_t paused; /* a rule holds all of it */
	uint64_t generation; /* of the policy that limits came from */
	struct policy_limits limits;
	struct cut *cut;
	struct mx *mx; /* NULL: not known, or not needed */
	char *reason; /* why it sleeps */
	size_t len;
	char name[];
};

TAILQ_HEAD(dests, dest);

struct worker {
	unsigned int number;
	struct frame f;
	ev_io io;
	uint32_t capacity, nlanes;
	pid_t pid;
	int dead; /* hang up on it at the end of the turn */
	int overdue; /* it missed a deadline: kill it, it may hang */
};

struct scan {
	int fd;
	DIR *dir;
	int failed; /* it could not be begun */
	int again; /* something came while it ran */
	int fresh; /* of new/ */
	int done; /* once it was gone through */
};

struct control;
TAILQ_HEAD(controls, control);

struct counters {
	uint64_t delivered, deferred, bounced, expired, removed, received;
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
	struct pool slots, runs;
	char **hosts;
	unsigned int nhosts;
	struct opens lru, dirty, unsynced;
	ev_timer sync;
	unsigned int nlru;
	unsigned int nopen, openmax; /* all that are open; in use at most */
	struct heap due, wake, delays;
	uint64_t told; /* of delays until then our predecessor told */
	int careful; /* bits wait for events: dray-send.c, flush_bits */
	ev_timer timer;
	uint32_t timer_at;
	struct dest *dests; /* by name */
	struct dest **dest; /* by number */
	uint32_t ndest, roomdest;
	struct dests todo, wanting;
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
	struct counters count;
	struct disk *disk;
	uint64_t sessions;
	ev_tstamp started;
	struct controls controls;
	int ending;
};

extern struct send self;

/* scan.c */
void scan_start(void);
void scan_new(void);
void scan_failed(void);
void scan_later(void);
int scan_some(void);
int scan_done(void);

/* open.c */
void open_init(void);
struct open *open_read(int dir, const char *name, const char **why_r);
void open_discard(struct open *o);
void open_keep(struct open *o, uint32_t slot);
void open_evict(struct open *o);
struct open *open_get(uint32_t slot);
void open_hold(struct open *o);
void open_release(struct open *o);
int open_isdone(const struct open *o, uint32_t rcpt);
void open_done(struct open *o, const struct run *r, uint32_t rcpt);
void open_flush(void);

/* store.c */
void store_init(void);
int store_load(const char *name, int fresh);
void store_damaged(uint32_t slot, const char *why);
void store_name(const struct slot *s, char *name);
void store_logged(uint32_t slot, uint64_t number);
void store_remove_some(void);
void store_removed(uint32_t slot);
void store_run_gone(uint32_t slot);

/* gauge.c */
void gauge_init(void);
void gauge_set(void);
void gauge_told(uint32_t now);

/* run.c */
uint32_t run_new(uint32_t slot, uint32_t msg, const struct bundle_msg *m,
    const struct bundle_run *r, uint32_t at, int fresh);
void run_pass(uint32_t n);
void run_due(uint32_t now);
uint32_t run_next(const struct run *r);
void run_drop(uint32_t n);
void run_defer(uint32_t n);
void run_undefer(uint32_t n);

/* names.c */
enum names_kind { NAMES_STREAM, NAMES_ROUTE, NAMES_KINDS };
uint8_t names_get(enum names_kind kind, const struct bundle_str *s);
void names_count(const struct run *r, int64_t recipients);
void names_put(stralloc *sa);
int names_at(enum names_kind kind, uint8_t n, struct bundle_str *s_r);

/* dest.c */
void dest_init(void);
struct dest *dest_get(const char *name, size_t len);
void dest_append(uint32_t run, int front);
void dest_unlist(struct dest *d);
uint64_t *dest_count(struct dest *d, const struct run *r);
void dest_sweep(struct dest *d);
void dest_todo(struct dest *d);
void dest_turn(void);
void dest_sleep(struct dest *d, const char *why, size_t len);
void dest_awake(struct dest *d);
void dest_wake(struct dest *d);
void dest_wake_due(uint32_t now);
void dest_limits(struct dest *d);
void dest_refresh(void);
void dest_found(struct dest *d, struct mx *m);
void dest_timer(void);
uint32_t dest_now(void);

/* job.c */
struct cut {
	uint32_t run;
	struct open *open;
	struct bundle_msg m;
	struct bundle_run r;
	stralloc block;
	struct field rest;
	uint16_t at; /* the recipient that rest begins with */
	uint64_t rules; /* it was not held by these */
};
int job_hand(struct dest *d, struct lane *l);
void job_return(struct job *j, int begun);
void job_rest(
    struct dest *d, const struct job *j, const uint8_t *rest, unsigned int max);
void job_free(struct job *j);
struct job *job_find(const struct lane *l, uint32_t number);
void job_uncut(struct dest *d);
void job_dissolve(struct dest *d);
int job_pass_over(struct dest *d);

/* own.c */
int own_address(uint8_t family, const uint8_t *ip);

/* dnslink.c */
void dnslink_init(void);
void dnslink_ask(struct dest *d);
void dnslink_turn(void);

/* lane.c */
void lane_fill(struct dest *d);
void lane_up(struct lane *l, struct field *r);
void lane_down(struct lane *l, struct field *r);
void lane_lost(struct lane *l);
struct lane *lane_find(const struct worker *w, uint32_t number);
void lane_close(struct lane *l);
void lane_watch(void);
void lane_want(struct dest *d);
void lane_served(void);

/* worker.c */
void worker_listen(void);
struct worker *worker_pick(const struct dest *d);
int worker_bundle(struct worker *w, struct open *o);
void worker_forget(struct open *o);
void worker_flush(void);

/* verdict.c */
struct reply {
	uint16_t code;
	uint8_t phase;
	struct bundle_str status;
	struct bundle_str text;
};
enum fate { DELIVERED, DEFERRED, FAILED };
void verdict_result(struct lane *l, struct field *r);
void verdict_damaged(struct lane *l, struct field *r);
uint32_t verdict_settle(uint32_t run, int doom, const char *why);
void verdict_refuse(uint32_t run, const struct mx *m);
void verdict_defer(struct job *j, const struct lane *l);

/* notice.c */
struct attempt;
int notice_owed(const struct attempt *a, char kind);
void notice_add(
    const struct attempt *a, char kind, uint32_t run, uint32_t rcpt);
void notice_tell(const struct attempt *a, char kind);
void notice_turn(void);
int notice_busy(void);
int notice_pending(void);
void notice_written(int error);

/* delay.c */
void delay_watch(uint32_t run, const struct bundle_msg *m);
int delay_turn(int all);

/* punch.c */
void punch_consider(uint32_t slot);
void punch_turn(void);

/* disk.c */
struct hole {
	uint64_t offset, length;
};
void disk_punch(int fd, struct hole *holes, size_t n);
void disk_start(void);
void disk_remove(uint32_t slot);
void disk_again(void);
void disk_notice(const stralloc *text);

/* event.c */
struct attempt {
	const struct open *open;
	uint32_t msgno;
	const struct bundle_msg *m;
	const struct bundle_str *domain;
	const struct bundle_rcpt *rcpt;
	const struct reply *reply;
	const struct lane *lane;
	const struct job *job;
	uint32_t index; /* of the transaction in its session */
	uint8_t how;
	uint32_t first_us, data_us, final_us;
	uint32_t next; /* when it is tried again, 0 never */
};
void event_reception(const struct open *o, uint32_t msg);
void event_attempt(const char *type, const struct attempt *a);
void event_lane(
    const struct lane *l, char reason, const struct reply *r, uint64_t octets);
void event_sleep(const struct dest *d);
void event_recovered(const struct open *o);
void event_bad(const char *name, const char *why);

/* loglink.c */
void loglink_start(void);
void loglink_turn(void);
void loglink_unbusy(void);
int loglink_busy(void);
int loglink_behind(void);

/* control.c */
void control_listen(void);

#endif
