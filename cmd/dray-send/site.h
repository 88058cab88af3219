/*
 * site - where mail goes: destinations, their servers, the connections to
 * them, and the processes that have these.
 */
#ifndef DRAY_SEND_SITE_H
#define DRAY_SEND_SITE_H

#include <ev.h>
#include <sys/queue.h>

#include "cmd/dray-send/mail.h"
#include "cmd/dray-send/mx.h"
#include "common/field.h"
#include "common/frame.h"
#include "common/keyhash.h"
#include "common/policy.h"
#include "common/remoteproto.h"

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

#endif
