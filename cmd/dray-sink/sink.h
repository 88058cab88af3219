/*
 * sink - what all of dray-sink shares: the settings, the loop, the state.
 *
 * One process, one loop, no threads.  `struct sink` exists once and is handed
 * to whoever needs it; there are no other globals.  See dray-sink(8).
 */
#ifndef DRAY_SINK_H
#define DRAY_SINK_H

#include <ev.h>
#include <stddef.h>
#include <stdint.h>

#include "counts.h"

enum {
	SINK_LINE = 2048, /* octets of a command line with its CRLF */
	SINK_ENVELOPE = 1 << 20, /* octets of one envelope in memory */
	SINK_READ = 256 * 1024, /* octets taken from a socket at once */
	SINK_OUTHIGH = 256 * 1024, /* unwritten octets that stop the reading */
	SINK_QUEUEHIGH = 16384, /* waiting replies that stop the reading */
	SINK_ERRORS = 100, /* bad commands before a 421 */
	SINK_PLAIN = 16384, /* octets of a TLS record */
	SINK_TLS = 64 /* times that -T may be given */
};

/* Extensions that can be switched with -x. */
enum {
	EXT_PIPELINING = 1 << 0,
	EXT_CHUNKING = 1 << 1,
	EXT_8BITMIME = 1 << 2,
	EXT_DSN = 1 << 3,
	EXT_SMTPUTF8 = 1 << 4,
	EXT_STATUSCODES = 1 << 5,
	EXT_STARTTLS = 1 << 6,
	EXT_SIZE = 1 << 7,
	EXT_BINARYMIME = 1 << 8,
	EXT_HELP = 1 << 9
};

/* What `hold` keeps back. */
enum hold { HOLD_NOTHING, HOLD_DOT, HOLD_ALL };

struct conf {
	unsigned ext;
	uint64_t size; /* largest message, and what SIZE says */
	unsigned rcptmax; /* recipients of a message */
	unsigned mailmax; /* messages of a connection; 0: any number */
	unsigned domainmax; /* recipient domains of a message; 0: any */
	int limits; /* announce them (RFC 9422) */
	uint64_t silentafter; /* close silently after so many; 0: never */
	unsigned maxconn; /* 421 beyond; 0: no limit */
	double delay; /* every reply so many seconds later */
	double rate; /* replies to ends of data a second; 0: any */
	double idle; /* seconds without input that end a connection */
	const char *name; /* our host name */
	uint64_t seed; /* for everything random in a script */
};

struct conn;
struct script;
struct store;
struct ssl_ctx_st;

/* What one -T says. */
struct tlsname {
	struct ssl_ctx_st *ctx;
	const char *name; /* NULL: it has none */
};

struct sink {
	struct ev_loop *loop;
	struct conf conf;
	struct counts counts;
	struct script *script; /* NULL: no rules */
	struct store *store; /* NULL: nothing is kept */
	struct conn *conns; /* all of them, doubly linked */
	uint64_t serial; /* of the newest connection */
	uint64_t ends; /* of data, over all connections */
	uint64_t open; /* connections that count for -m */
	double start; /* when the sink began */
	double slot; /* when the last paced reply is due */
	enum hold held;
	struct tlsname tls[SINK_TLS]; /* the first is the usual one */
	unsigned tlses;
	char ehlo[512]; /* the extensions, as they are announced */
	char ehlotls[512]; /* the same under TLS */
	char buf[SINK_READ]; /* what was read last, for one call only */
	char plain[SINK_PLAIN]; /* the same after it was decrypted */
};

#endif
