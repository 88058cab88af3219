/*
 * conn - one connection: its socket, its input, its place in the dialogue.
 *
 *   conn_new(sink, fd)    takes an accepted socket and greets
 *   conn_kick(c)          goes on after `hold` or a setting was changed.  The
 *                         connection may be gone afterwards.
 *   conn_dead(c, how)     no more input is looked at; see enum mode
 *   conn_take(c, s, n)    hands on octets in clear
 *
 * Input is handed on by mode: lines to smtp_line(), octets of a message to
 * smtp_data() and smtp_bdat().  When it ends nothing of it is left.
 */
#ifndef DRAY_CONN_H
#define DRAY_CONN_H

#include <ev.h>
#include <stddef.h>
#include <stdint.h>

#include "body.h"
#include "buf.h"
#include "path.h"
#include "sink.h"

enum mode {
	MODE_LINE, /* commands */
	MODE_DATA, /* the message, up to its dot */
	MODE_BDAT, /* the octets of a chunk */
	MODE_TLS, /* what follows STARTTLS and its 220 */
	MODE_DEAD, /* input is read and thrown away */
	MODE_FROZEN /* input is not even read */
};

enum helo { HELO_NONE, HELO_HELO, HELO_EHLO, HELO_REFUSED };

struct reply;
struct rule;
struct tls;

/* One transaction, from MAIL to its end. */
struct trans {
	int mail; /* MAIL was accepted */
	unsigned rcpts; /* recipients accepted */
	unsigned tried; /* RCPT commands, accepted or not */
	unsigned domains;
	int chunks; /* BDAT has begun */
	enum path_body body;
	int utf8;
	size_t from; /* offsets into conn's envelope: address, */
	size_t fromparams; /* parameters, */
	size_t tos; /* then address and parameters of each recipient */
};

struct conn {
	struct sink *sink;
	struct conn *prev, *next;
	int fd;
	int counted; /* among the open ones */
	uint64_t serial;
	struct ev_io rd, wr;
	struct ev_timer due, idle;
	double lastinput;
	char peer[64], local[64], helo[260];

	/* input */
	enum mode mode;
	char line[SINK_LINE];
	size_t linelen;
	int badline, longline;
	char lastoctet;
	int gave; /* something was written since the last input */
	int sync; /* the client has to wait for the replies now under way */
	int eof; /* the peer has closed its side */
	unsigned errors;
	uint64_t left; /* octets of the chunk still to come */
	int last; /* it is the last chunk */
	int discard; /* reply code for a chunk not wanted, 0: wanted */
	struct rule *chunkrule; /* the rule for its command */
	struct rule *cut; /* a body rule that waits for its octet */

	struct tls *tls; /* NULL: in clear */
	struct rule *tlsrule; /* what STARTTLS was answered by */

	/* the dialogue */
	enum helo hello;
	struct trans t;
	struct body body;
	char *env; /* the envelope's strings */
	size_t envlen, envroom;
	char file[128]; /* of the message being stored, "": none */
	uint64_t messages; /* whose end has come */
	uint64_t commands; /* since the greeting, or since TLS began */

	/* output */
	struct reply *first, *lastreply;
	unsigned queued;
	struct buf out; /* as it goes to the socket */
	struct buf plain; /* what is yet to be encrypted */
	unsigned ends; /* replies to ends of data in out */
	unsigned inflight; /* ends of data whose reply is not written */
	int closing; /* close when all is written */
	int linger; /* our side is shut; we wait for the peer's end */
};

void conn_new(struct sink *s, int fd);
void conn_kick(struct conn *c);
void conn_dead(struct conn *c, enum mode how);
void conn_take(struct conn *c, const char *s, size_t n);

#endif
