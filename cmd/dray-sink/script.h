/*
 * script - rules that decide what the sink answers; see dray-sink(8), SCRIPT.
 *
 *   script_load(file, seed, err, n)
 *       the rules of a file, or NULL with "file:line: what" in err (n octets)
 *   script_replace(new, old)   new takes the place of old (or NULL), and keeps it:
 *       replies on their way may point into it
 *   script_free(s)        with all that it has replaced
 *   script_find(s, q)     the first rule whose conditions all hold for what is
 *       asked, or NULL.  Counts towards `every`, `times`, `first`.
 *   script_has(s, phase)  whether there is any rule for this phase: saves the
 *       caller the work to fill in a question
 *   script_json(s, d, n)  writes how often each rule has acted, by line:
 *       {"3":12,"4":0}; returns the length
 *
 * A rule stays where it is until script_free(): replies point into it.
 */
#ifndef DRAY_SCRIPT_H
#define DRAY_SCRIPT_H

#include <stddef.h>
#include <stdint.h>

enum phase {
	PHASE_CONNECT,
	PHASE_EHLO,
	PHASE_HELO,
	PHASE_STARTTLS,
	PHASE_TLS,
	PHASE_TLSDONE,
	PHASE_MAIL,
	PHASE_RCPT,
	PHASE_DATA,
	PHASE_BDAT,
	PHASE_BODY,
	PHASE_DOT,
	PHASE_RSET,
	PHASE_NOOP,
	PHASE_QUIT,
	PHASE_OTHER,
	PHASE_MAX
};

enum act {
	ACT_DEFAULT, /* the usual reply */
	ACT_REPLY, /* another one: bytes and code */
	ACT_RAW, /* any octets, repeated */
	ACT_SILENT, /* none, and go on */
	ACT_DROP, /* close */
	ACT_RESET, /* close with a RST */
	ACT_STALL, /* never answer again, but read */
	ACT_FREEZE /* never answer again, nor read */
};

struct range {
	uint64_t from, to;
};

struct seen;

struct rule {
	struct rule *next;
	unsigned line;
	unsigned phases; /* a bit for each */

	/* conditions */
	char *to, *from, *helo, *local, *peer; /* globs; NULL: any */
	struct range conn, msg, total, cmd, times;
	int secure, clear; /* only under TLS, only without it */
	uint64_t every; /* 0: always */
	double after, before; /* seconds since the start */
	double chance; /* 0 to 1 */
	uint64_t first; /* the first so many times of an address */
	double young; /* until so long after the first */
	size_t over; /* so many have passed in this time; 0: always */
	double window;
	double lasting; /* it goes on holding for so long */

	/* what to do */
	enum act act;
	int code;
	char *bytes;
	size_t len;
	uint64_t repeat;
	double delay; /* seconds before the reply */
	double gap; /* seconds between pieces */
	size_t piece; /* octets of a piece; 0: whole */
	uint64_t at; /* octets of a message or a handshake (body, tls) */
	int close; /* close after the reply */
	int keep; /* as accepted, whatever is answered */
	int refuse; /* as refused, whatever is answered */
	int bare; /* past TLS */
	int renegotiate; /* before the reply */
	char *with; /* which -T; NULL: the first */
	int blind; /* leave the octets of a chunk as commands */

	/* what happened */
	uint64_t matched, acted;
	struct seen *seen;
	double *passed; /* when, a ring of `over` */
	size_t at_passed;
	double until; /* of lasting */
};

/* What is known when a reply is due. */
struct question {
	enum phase phase;
	const char *addr; /* the recipient (rcpt), the sender (mail) or NULL */
	const char *from; /* NULL: no transaction */
	const char *tos; /* of the transaction: address, NUL, parameters, NUL */
	size_t toslen;
	const char *helo, *local, *peer;
	uint64_t conn, msg, total, cmd;
	int secure;
	double now, elapsed;
};

struct script;

struct script *script_load(
    const char *file, uint64_t seed, char *err, size_t n);
void script_replace(struct script *new, struct script *old);
void script_free(struct script *s);
struct rule *script_find(struct script *s, const struct question *q);
int script_has(const struct script *s, enum phase phase);
size_t script_json(const struct script *s, char *d, size_t n);

#endif
