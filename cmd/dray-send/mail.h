/*
 * mail - what is to be delivered, and what has become of it: runs and jobs,
 * verdicts, notices and events.
 */
#ifndef DRAY_SEND_MAIL_H
#define DRAY_SEND_MAIL_H

#include <ev.h>
#include <stdint.h>
#include <sys/queue.h>

#include <skalibs/stralloc.h>

#include "cmd/dray-send/mx.h"
#include "common/bundle.h"
#include "common/field.h"

struct dest;
struct flow;
struct lane;
struct open;
struct queue;
struct site;
struct slot;

/* What the runs of a message have in common. */
struct msg {
	uint32_t slot;
	uint32_t number; /* of the message in the bundle */
	uint32_t arrival; /* or start, if later; seconds since 1970 */
	uint32_t expiry;
	uint32_t runs;
	uint16_t tuple; /* sender, tenant, campaign: tuple.c */
	uint16_t owner; /* tenant and campaign: owner.c */
	uint16_t plan; /* when it may be delivered: plan.c */
	uint8_t stream, route; /* that it names: names.c */
};

/* Kept small: there may be ten million of them. */
struct run {
	uint32_t msg;
	uint32_t dest : 31;
	uint32_t greylisted : 1; /* so was one of them in this pass */
	uint32_t next; /* in the destination's list, or when it is due */
	uint32_t entry; /* in the index; with inpass the number of its pass */
	unsigned int count : 13; /* recipients */
	unsigned int where : 2; /* RUN_... */
	unsigned int wasdeferred : 1; /* once; held.c */
	unsigned int washeld : 1; /* by an override, in this pass */
	unsigned int deferred : 1; /* one of them has to be tried later */
	unsigned int again : 1; /* this pass has to be repeated */
	unsigned int dead : 1; /* nothing is left but its place in a list */
	unsigned int seen : 1; /* while the heap is tidied */
	unsigned int doom : 2; /* DOOM_..., for what comes back */
	unsigned int delay : 1; /* its sender may want to hear it is late */
	unsigned int over : 1; /* its time, as an operator decided */
	unsigned int inpass : 1; /* pass.c */
	unsigned int overflowed : 1; /* overflow.c moved it */
	unsigned int restream : 5; /* restream.c */
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
	uint32_t first; /* number of the run's first recipient */
	uint32_t tries;
	struct lane *lane;
	struct open *open;
	uint64_t octets; /* of its message */
	uint64_t counted; /* under this policy: volume.c */
	ev_tstamp given;
	uint32_t held; /* milliseconds before; held.c */
	uint8_t held_by, held_rule;
	char *path; /* the sender that it left with, not its own; or NULL */
	stralloc rcpts; /* theirs, as in the bundle's block */
	uint8_t utf8; /* its recipients need SMTPUTF8 */
	uint16_t n;
	uint16_t index[]; /* which recipients of the run */
};

TAILQ_HEAD(jobs, job);

/* run.c */
struct dest *run_dest(const struct run *r);
uint16_t run_path(
    const struct slot *s, uint32_t msg, const struct bundle_run *r);
uint32_t run_new(uint32_t msg, const struct bundle_msg *m,
    const struct bundle_run *r, uint32_t entry, int fresh);
uint32_t run_expiry(const struct run *r);
void run_pass(uint32_t n);
void run_due(uint32_t now);
uint32_t run_next(const struct run *r);
uint32_t run_ready(const struct run *r);
void run_drop(uint32_t n);
void run_defer(uint32_t n);
void run_undefer(uint32_t n);
int run_shut(const struct run *r);
void run_wait(uint32_t n);

/* msg.c */
uint32_t msg_new(uint32_t slot, uint32_t number, const struct bundle_msg *m);
void msg_drop(uint32_t n);
struct msg *run_msg(const struct run *r);

/* pass.c */
void run_init(void);
uint16_t run_cut(const struct run *r);
uint16_t run_flying(const struct run *r);
uint16_t run_uncut(const struct run *r);
uint32_t run_entry(const struct run *r);
void run_setcut(struct run *r, uint16_t n);
void run_fly(struct run *r, int n);

/* names.c */
enum names_kind { NAMES_STREAM, NAMES_ROUTE, NAMES_KINDS };
uint8_t names_get(enum names_kind kind, const struct bundle_str *s);
void names_count(const struct run *r, int64_t recipients);
void names_put(stralloc *sa);
int names_at(enum names_kind kind, uint8_t n, struct bundle_str *s_r);

/* cut.c */
struct cut {
	uint32_t run;
	struct open *open;
	struct bundle_msg m;
	uint32_t first; /* number of the run's first recipient */
	stralloc block;
	struct field rest;
	uint16_t at; /* the recipient that rest begins with */
	uint64_t rules; /* it was not held by these */
};
struct job *cut_next(struct queue *q, unsigned int max, int *held_r);
void cut_end(struct flow *f);
int cut_pass_over(struct queue *q);

/* job.c */
struct job *job_hand(struct queue *q, struct lane *l);
void job_number(struct job *j);
int job_append(struct job *j, const struct bundle_rcpt *p, uint16_t index);
void job_return(struct job *j, int begun);
void job_rest(const struct job *j, const uint8_t *rest, unsigned int max);
void job_free(struct job *j);
struct job *job_find(const struct lane *l, uint32_t number);
void job_dissolve(struct dest *d);

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

/* event.c */
struct attempt {
	const struct open *open;
	uint32_t msgno;
	uint32_t first; /* number of the run's first recipient */
	const struct bundle_msg *m;
	const struct bundle_str *domain;
	const struct dest *dest;
	const struct bundle_rcpt *rcpt;
	const struct reply *reply;
	const struct rules_verdict *verdict; /* NULL: it is no refusal */
	const struct suppress_entry *entry; /* of the suppression list; NULL */
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
void event_site_sleep(const struct site *s);
void event_recovered(const struct open *o);
void event_bad(const char *name, const char *why);

#endif
