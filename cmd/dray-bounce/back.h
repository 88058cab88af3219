/*
 * back - what came back is understood, told and acted on: spool/returns/new.
 *
 * That is a process of its own, since it reads what strangers wrote: no network,
 * no programs, and of the files only those that it is about.
 *
 *   back_start(base)   starts it.  A socket to it: when it can be read that
 *                      process has ended, and when it is closed here, it ends
 *                      with what it has begun.  -1: a directory is missing, which
 *                      is said, and the files stay where they are
 *
 * A file leaves new/ when the events of it are durable (logclient.h) and what it
 * makes of the suppression list is synced; then it is removed, or goes to kept/
 * for the operator.  Whoever is killed before that begins with it again.  So there
 * may be the same event twice, and never none.
 *
 * Who can show a token of ours (token.h) is believed what he says of that one
 * recipient, once.  Of others little is told in the log (BACK_ALLOWANCE), and
 * nothing is done about it.
 *
 *   back.c      the process (child.h), and its rounds
 *   backmail.c  a file
 *   backtell.c  what is told, and what it leads to
 *   backevent.c lines for the log
 *   backcount.c what bounds them, and the sums
 *   backkept.c  spool/returns/kept
 */
#ifndef DRAY_BOUNCE_BACK_H
#define DRAY_BOUNCE_BACK_H

#include <stdint.h>
#include <sys/types.h>

#include <skalibs/stralloc.h>

#include "cmd/dray-bounce/report.h"
#include "common/logclient.h"
#include "common/policy.h"
#include "common/spool.h"
#include "common/suppress.h"
#include "common/token.h"

#define BACK_BATCH 64 /* files that share a sync */
#define BACK_RCPTS 1000 /* of one file */
#define BACK_HEAD 524288 /* octets of what goes before the message */
#define BACK_OCTETS (BACK_HEAD + REPORT_OCTETS + 1)
#define BACK_ALLOWANCE 100 /* events a minute of who has no token */
#define BACK_MINUTE 60
#define BACK_SEEN 65536 /* tokens that are remembered */
#define BACK_KEPT 10000 /* files of kept/ */
#define BACK_KEPT_OCTETS (UINT64_C(256) << 20)
#define BACK_FORGED 10 /* one of so many may be there for a forged token */

enum back_fate { BACK_REMOVE, BACK_KEEP, BACK_KEEP_FORGED };

enum back_count {
	BACK_MESSAGES,
	BACK_EVENTS,
	BACK_REPEATED,
	BACK_FORGERIES,
	BACK_UNKNOWN, /* not to be attributed */
	BACK_AUTOREPLIES,
	BACK_REPORTS,
	BACK_PUT_BY, /* in kept/ */
	BACK_DROPPED,
	BACK_COUNTS
};

struct back_sums {
	uint64_t n[BACK_COUNTS];
	uint64_t since; /* microseconds; 0: nothing was counted */
	uint64_t told; /* seconds, by a clock that never jumps */
	uint64_t minute;
	unsigned int used; /* of the allowance */
	uint64_t *seen;
};

struct back_kept {
	int dir;
	uint64_t files, octets;
	uint64_t looked;
};

/* A file of new/ that is whole. */
struct back_mail {
	const char *to[BACK_RCPTS];
	size_t nto;
	int unsubscribe; /* it was for such an address */
	const char *s;
	size_t n;
	uint64_t size; /* of the file */
};

/* What a token lets us say of a recipient; "" is not known. */
struct back_who {
	const char *recipient;
	char campaign[REPORT_WORD + 1];
	char list[REPORT_WORD + 1];
	const struct suppress_entry *entry; /* NULL: none was made */
};

struct back {
	const char *base;
	int fresh, policy_dir, list_dir;
	struct policy policy;
	struct policy_suppression rule;
	struct policy_node node;
	struct token_keys keys;
	struct rules *rules;
	struct parser *parser;
	struct suppress *list;
	int appended; /* and not synced */
	struct logclient log;
	struct back_sums sums;
	struct back_kept kept;
	char *octets; /* of a file */
	stralloc line;
};

int back_start(const char *base);

/* backmail.c: 1 read, 0 it is none of ours, -1 errno.  m points into what was
 * read; _head() is told that, and cuts lines off in it. */
int backmail_read(struct back *b, const char *name, struct back_mail *m);
int backmail_head(struct back_mail *m, char *s, size_t n);

/* backtell.c: -1 the suppression list cannot be written, errno */
int backtell(struct back *b, const struct back_mail *m, enum back_fate *fate_r);

/* backevent.c */
void backevent_report(struct back *b, const char *type, const struct report *r,
    const struct report_rcpt *v, const struct back_who *w);
void backevent_sums(struct back *b);

/* backcount.c */
void backcount(struct back *b, enum back_count what);
int backcount_may(struct back *b);
int backcount_isnew(
    struct back *b, const struct report *r, uint8_t class, uint8_t action);
int backcount_due(struct back *b); /* seconds until the sums are; -1 never */

/* backkept.c: 1 it is in kept/, 0 there is no room, -1 errno */
int backkept_put(struct back *b, const char *name, int forged);

uint64_t back_clock(void); /* seconds, monotonic */

#endif
