/*
 * steer - what operators decide about mail that waits (dray-ctl(1)).
 *
 * match.c    is a run, or a message, in a scope?
 * rules.c    the files of overrides/: which are in force
 * hold.c     runs that a pause holds back, and their release
 * bend.c     what other rules make of limits and servers
 * way.c      which route mail takes instead of its own (way.h)
 * restream.c as which stream it is delivered (restream.h)
 * command.c  flush, expire, remove, count: over all runs, in slices
 *
 * Match
 *   match_init(k, scope)      the scope is copied
 *   match_run(k, r)           MATCH_YES, MATCH_NO, or MATCH_LOOK: the bundle
 *                             has to be opened to know
 *   match_msg(k, slot, d, m)  the same of a message of that bundle, as far as it
 *                             goes to that destination: 1 or 0
 *
 * Rules
 *   rules_start()             reads overrides/ and watches it
 *   rules_read()              looks at it again now
 *   rules_add(k), rules_del(rule)  one that has no file, for a command
 *   rules_put(sa)             "overrides" for the statistics
 *
 * Hold
 *   hold_first(q, look)       1 the first run was held and is set aside, -1
 *                             enough for this turn, 0 it is not held, as far as
 *                             is known; with look its bundle is opened to know
 *   hold_cut(q)               the same for the run that is being cut
 *   hold_job(j)               1 if this job, which was given back, is held now
 *   hold_dest(d)              1 if all of the destination is held
 *   hold_sift(d)              sets aside what is held at the front; 0 there
 *                             was too much of it for one turn
 *   hold_run(r)               1 if a rule of rules.c holds this run, 0, or -1:
 *                             look into the bundle, hold_msg
 *   hold_msg(slot, d, m)      1 or 0
 *   hold_release(bits)        the rules with these bits have ended
 *   hold_turn()               once a turn; 1 there is more to do
 *
 * Bend
 *   bend_changed(ended)       rules.bends is not as it was; 1: one has ended
 *   bend_group(g)             the group has its limits as the rules in force
 *                             make them
 *   bend_meets(u, d)          1 if it is for the site of this destination
 *   bend_concerns(d)          1 if a rule names the destination
 *   bend_skips(site, host, family, ip)  1 if mail for this site does not go to
 *                             this server
 *   bend_skips_lane(l)        1 if the lane is at such a one, or may come there
 *   bend_turn()               once a turn; 1 there is more to do
 */
#ifndef DRAY_SEND_STEER_H
#define DRAY_SEND_STEER_H

#include "cmd/dray-send/send.h"
#include "common/override.h"

enum { MATCH_NO, MATCH_YES, MATCH_LOOK };

struct match {
	struct scope scope;
	struct spool_id id; /* of the id or the bundle that is asked for */
	uint32_t number; /* of the message, with an id */
	unsigned int rest; /* selectors beyond those of a destination: bits */
};

/* A file of overrides/, or a rule that a command needs while it works. */
struct rule {
	TAILQ_ENTRY(rule) link; /* of one of the lists in rules */
	UT_hash_handle hh;
	struct override o;
	struct match match;
	uint64_t bit; /* in aside.rules */
	uint64_t size, ino;
	struct timespec mtime, ctime;
	int seen; /* in this reading of the directory */
	int bad; /* it could not be read; not in force */
	int inforce;
	uint8_t target; /* restream.c; UINT8_MAX: not worked out */
	char name[256];
};

TAILQ_HEAD(rules, rule);

struct rules_now {
	struct rules list; /* the pauses in force */
	struct rules bends; /* those that change limits and servers */
	struct rules ways; /* the reroutes, the newest in front */
	struct rules streams; /* the restreams, likewise */
	unsigned int n; /* of them that are files */
	unsigned int bad; /* files that could not be read */
	uint32_t generation; /* changes with the list */
	uint64_t bent; /* changes with bends */
};

extern struct rules_now rules;

void match_init(struct match *k, const struct scope *scope);
int match_dest(const struct match *k, const struct dest *d);
int match_run(const struct match *k, const struct run *r);
int match_msg(const struct match *k, uint32_t slot, const struct dest *d,
    const struct bundle_msg *m);

void rules_start(void);
void rules_read(void);
struct rule *rules_add(const struct scope *scope);
void rules_del(struct rule *u);
void rules_put(stralloc *sa);

int hold_first(struct queue *q, int look);
int hold_cut(struct queue *q);
int hold_job(const struct job *j);
int hold_dest(struct dest *d);
int hold_sift(struct dest *d);
int hold_run(const struct run *r);
int hold_msg(uint32_t slot, struct dest *d, const struct bundle_msg *m);
void hold_release(uint64_t bits);
int hold_turn(void);

void bend_changed(int ended);
void bend_group(struct group *g);
int bend_meets(const struct rule *u, const struct dest *d);
int bend_concerns(const struct dest *d);
int bend_skips_lane(const struct lane *l);
int bend_skips(
    const void *site, const char *host, uint8_t family, const uint8_t *ip);
int bend_turn(void);

/* event.c */
struct event_command {
	const char *action, *state;
	const struct scope *scope;
	const char *reason, *author;
	uint64_t messages, recipients, in_flight;
};
void event_override(const struct override *o, const char *state);
void event_command(const struct event_command *c);

#endif
