/*
 * site - where mail goes.
 *
 *   destination  a domain, by one path, with what of its mail is ready (queue.h)
 *   site         the servers of one or more destinations: the same set of MX,
 *                from the same source; it has the lanes
 *   group        the sites of one provider; it has the limits
 *   lane         an SMTP connection
 *   worker       a process that has lanes
 */
#ifndef DRAY_SEND_SITE_H
#define DRAY_SEND_SITE_H

#include <ev.h>
#include <sys/queue.h>

#include "cmd/dray-send/book.h"
#include "common/gate.h"
#include "cmd/dray-send/held.h"
#include "cmd/dray-send/line.h"
#include "cmd/dray-send/mail.h"
#include "cmd/dray-send/mx.h"
#include "cmd/dray-send/pace.h"
#include "cmd/dray-send/queue.h"
#include "cmd/dray-send/row.h"
#include "common/field.h"
#include "common/frame.h"
#include "common/keyhash.h"
#include "common/policy.h"
#include "common/remoteproto.h"

struct daily;
struct meter;
struct warmup;

struct lane {
	TAILQ_ENTRY(lane) link;
	TAILQ_ENTRY(lane) idle; /* of its group */
	TAILQ_ENTRY(lane) idleall; /* of all groups: relief.c */
	uint32_t relieves; /* closed for its place in this second, 0 not */
	uint32_t number;
	struct worker *worker;
	struct site *site;
	struct jobs jobs;
	unsigned int njobs;
	unsigned int depth;
	unsigned int given; /* jobs so far */
	unsigned int slots; /* jobs it may hold */
	unsigned int limit; /* jobs in all, 0 none */
	enum { CONNECTING, UP, CLOSING } state;
	uint8_t kept; /* for streams that have lanes of their own */
	uint8_t isidle;
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
	struct meter *meter; /* of the remote address: quota.c */
};

TAILQ_HEAD(lanes, lane);

#define DEST_PATHLEN 2

/* What an override holds back of a destination, now or some time ago. */
struct aside {
	uint32_t first, last; /* runs */
	uint32_t recipients; /* in them */
	uint64_t rules; /* bits of those that hold them */
	struct span held;
};

/* Mail for a domain that takes one path (path.h).  Kept small: there may be
 * hundreds of thousands. */
struct dest {
	struct leaf leaf; /* by path and name */
	TAILQ_ENTRY(dest) link; /* of its site */
	struct site *site; /* NULL: it has none now */
	struct queues queues; /* what is ready */
	uint32_t rfirst, rlast, nrest; /* what is ready, too, but rests */
	uint32_t number;
	uint32_t wnext, wprev; /* of those that want the same, as urgently */
	struct aside *aside; /* NULL: nothing ever was */
	uint32_t nready; /* recipients in the queues, or that rest */
	uint32_t ndeferred; /* recipients whose time has not come */
	uint32_t nruns; /* runs that are its, wherever they are */
	uint32_t min_expiry; /* no ready run expires before this */
	unsigned int fails; /* in a row */
	uint32_t until; /* asleep until, 0 awake */
	uint32_t expire_at; /* when to look what has expired: in the heap */
	uint32_t flushed; /* by this command: command.c */
	uint8_t stream; /* of what rests, the most urgent one */
	uint8_t istodo;
	uint8_t iswanting; /* WANT_... */
	uint8_t order; /* in which it does: want.c */
	uint8_t isasking; /* dray-dns: 1 the question waits, 2 it was sent */
	uint8_t isrefused; /* there is nobody to take its mail */
	uint8_t dirty; /* dead runs are in its lists */
	uint8_t fresh; /* has mail that was never tried */
	uint8_t paused; /* a rule holds all of it */
	uint32_t rules; /* for which paused was worked out: hold.c */
	uint32_t ways; /* its runs belong there by these: way.c */
	uint32_t streams; /* and are of their streams by these: restream.c */
	struct span stopped; /* all of it, by whatever */
	uint64_t generation; /* of the policy that its site came from */
	struct mx *mx; /* NULL: not known, or not needed */
	const char *reason; /* why it sleeps; words.c */
	uint16_t path;
	uint16_t len;
	char key[DEST_PATHLEN]; /* the path; the name belongs to the key */
	char name[];
};

/* What it waits for: a place for a lane, or for another open bundle. */
enum { WANT_NOTHING, WANT_PLACE, WANT_BUNDLE, WANTS };

/* In which order: who is of a class goes before the next one's. */
enum want_class { WANT_URGENT, WANT_FRESH, WANT_REST, WANT_CLASSES };
#define WANT_ORDERS (WANT_CLASSES * POLICY_STREAMMAX)

struct wants {
	struct want_list {
		uint32_t first, last;
	} list[WANT_ORDERS];
	uint64_t used; /* those of the lists that are not empty */
	uint32_t n[WANT_CLASSES];
};

#define DEST_NAMEMAX BUNDLE_ADDRMAX

TAILQ_HEAD(dests, dest); /* of a site */

#define SITE_KEYLEN 16

/* Kept small, too, while it sleeps: what it needs then is here. */
struct site {
	struct leaf leaf; /* by its key */
	TAILQ_ENTRY(site) link; /* of its group */
	struct group *group; /* NULL: nothing is ready, or it sleeps */
	const struct policy_limits
	    *limits; /* the group's while there was one */
	struct dests dests;
	struct line *lines;
	struct lanes lanes;
	uint32_t number;
	uint32_t ndests;
	uint32_t nwake; /* of them have not heard yet that it is awake */
	unsigned int nlanes, nup, nconnecting, nkept, njobs;
	unsigned int allowed; /* lanes, learnt */
	unsigned int rcptmax; /* recipients of a transaction, learnt; 0 none */
	uint32_t until; /* asleep until, 0 awake */
	uint16_t fails; /* in a row, or more */
	uint8_t istodo;
	struct span asleep;
	struct pace pace;
	uint64_t generation; /* of the policy that rcptmax was learnt under */
	const char *reason; /* why it sleeps; words.c */
	unsigned char key[SITE_KEYLEN];
	char name[]; /* for people */
};

TAILQ_HEAD(sites, site); /* of a group */

/* Rates of a group, and what passed; there only where there are any. */
struct rates {
	struct gate message, byte, connection;
	ev_timer timer; /* until the next one may pass */
};

struct level; /* level.h */

struct group {
	UT_hash_handle hh; /* of those that are known by a name */
	TAILQ_ENTRY(group) todo;
	struct sites sites;
	struct level *levels;
	struct lanes idle; /* that have nothing to do */
	const struct policy_limits *set; /* by the policy */
	const struct policy_limits *limits; /* with the overrides */
	uint64_t bent; /* rules.bent for which that is */
	uint64_t
	    listed; /* policy by whose streams its lines have their levels */
	struct rates *rates;
	struct meter *total[2]; /* of the provider, of the route: quota.c */
	struct daily *daily; /* what left today: volume.c */
	struct warmup *warmup; /* NULL none */
	struct meter *waits; /* until something of it is free */
	TAILQ_ENTRY(group) waiting;
	unsigned int nlanes;
	unsigned int nkept; /* of them for streams that keep some */
	uint8_t istodo;
	uint64_t generation; /* of the policy that limits came from */
	uint16_t path;
	char *name; /* NULL: each site is its own */
	const char *provider; /* the end of the name */
};

TAILQ_HEAD(groups, group);

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
struct dest *dest_find(uint16_t path, const char *name, size_t len);
struct dest *dest_get(uint16_t path, const char *name, size_t len);
void dest_append(uint32_t run, int front);
void dest_unlist(struct queue *q);
uint32_t *dest_count(struct dest *d, const struct run *r);
void dest_sweep(struct dest *d);
void dest_todo(struct dest *d);
void dest_todo_first(struct dest *d);
int dest_turn(ev_tstamp until);
void dest_sleep(struct dest *d, const char *why, size_t len);
uint32_t dest_until(const struct dest *d, const char **why_r);
void dest_wake(struct dest *d);
void dest_wake_due(uint32_t now);
uint32_t dest_held(const struct dest *d);
uint32_t dest_pause(const struct policy_limits *p, unsigned int fails);
void dest_refresh(struct dest *d);
void dest_found(struct dest *d, struct mx *m);
uint32_t dest_now(void);

/* expiry.c */
void expiry_watch(struct dest *d);
void expiry_turn(struct dest *d);

/* words.c */
const char *words_take(const char *s, size_t len);
void words_drop(const char *s);

/* walk.c */
void walk_policy(void);
void walk_all(void);
int walk_turn(void);

/* servers.c */
int servers_where(struct dest *d, struct policy_route *r);
int servers_choose(struct dest *d, struct policy_route *r);
void servers_key(const struct dest *d, const struct policy_route *r,
    unsigned char key[SITE_KEYLEN]);
void servers_provider(
    const struct dest *d, const struct policy_route *r, char *name);

/* site.c */
const struct policy_limits *site_limits(const struct site *s);
int site_admits(struct dest *d);
void site_leave(struct dest *d);
void site_offer(struct dest *d);
void site_withdraw(struct dest *d);
void site_todo(struct site *s);
void site_turn(void);
void site_sleep(struct site *s, const char *why, size_t len);
void site_awake(struct site *s);
void site_wake(struct site *s);
void site_wake_due(uint32_t now);
void site_refresh(struct site *s);
void site_relist(struct site *s);
void site_anew(struct site *s);
const char *site_provider(const struct site *s);

/* group.c */
void group_join(struct site *s, const struct dest *d, const char *provider);
void group_leave(struct site *s);
void group_todo(struct group *g);
void group_room(struct group *g);
void group_again(struct group *g);
void group_feed(struct group *g);
void group_free(struct group *g);

/* serve.c */
void group_turn(void);

/* limits.c */
const struct policy_limits *limits_take(const struct policy_limits *l);
void limits_drop(const struct policy_limits *l);

/* rates.c */
uint64_t rates_now(void); /* nanoseconds, for gates */
void rates_set(struct group *g, const struct policy_limits *old);
void rates_drop(struct group *g);
uint64_t rates_message(
    const struct group *g, uint8_t stream, enum held_by *by_r);
uint64_t rates_connection(const struct group *g);
int rates_last(struct group *g);
void rates_wait(struct group *g, uint64_t when);
void rates_passed(struct group *g, const struct job *j);
void rates_connected(struct group *g);

/* volume.c */
void volume_set(struct group *g);
uint64_t volume_when(
    const struct group *g, const struct queue *q, enum held_by *by_r);
uint64_t volume_room(const struct group *g, uint16_t owner, uint8_t stream);
uint64_t volume_want(const struct group *g, const struct queue *q);
void volume_passed(const struct lane *l, struct job *j);
void volume_back(const struct lane *l, const struct job *j);

/* own.c */
int own_address(uint8_t family, const uint8_t *ip);

/* dnslink.c */
void dnslink_init(void);
void dnslink_ask(struct dest *d);
void dnslink_turn(void);

/* lane.c */
struct lane *lane_open(struct dest *d, uint8_t stream, int kept);
void lane_gets(struct lane *l, struct job *j);
void lane_gives(struct lane *l, struct job *j);
int lane_takes(const struct lane *l);
int lane_spent(const struct lane *l);
uint64_t lane_when(const struct site *s);
struct lane *lane_best(const struct site *s, uint8_t stream);
unsigned int lane_usable(const struct site *s);
void lane_up(struct lane *l, struct field *r);
void lane_down(struct lane *l, struct field *r);
void lane_lost(struct lane *l);
struct lane *lane_find(const struct worker *w, uint32_t number);
void lane_close(struct lane *l);
void lane_watch(void);

/* want.c */
enum want_class want_class(const struct dest *d, uint8_t stream);
void lane_want(struct dest *d, uint8_t stream, uint8_t what);
void lane_unwant(struct dest *d);
int lane_feed(void);
void lane_served(void);
uint32_t lane_stuck(enum want_class c);

/* relief.c */
void relief_init(void);
void relief_idle(struct lane *l);
void relief_busy(struct lane *l);
void relief_leave(struct site *s);
void relief_join(struct site *s);
void relief_gone(const struct lane *l);
void relief_total(void);
void relief_turn(void);

/* worker.c */
void worker_listen(void);
uint32_t worker_places(enum want_class c);
struct worker *worker_pick(const struct dest *d, uint8_t stream);
int worker_bundle(struct worker *w, struct open *o);
void worker_forget(struct open *o);
void worker_flush(void);

#endif
