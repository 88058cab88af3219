/*
 * peers - the clients of a daemon's local socket: frames (frame.h) come from
 * them, frames go to them.
 *
 * The daemon has one struct peers, in which it says what it is about, and a
 * struct of its own for each client, which begins with a struct peer.
 *
 *   peers_start(s, loop, fd)  takes clients on a socket that listens
 *   peers_send(p)         ends a frame that was begun in p->frame.  It leaves
 *                         before the loop sleeps
 *   peers_answered(p)     one question fewer is open
 *   peers_each(s, fn)     calls fn for each client that has not gone
 *
 * peers.begin(p)         a new client, all zeroes behind its struct peer; may
 *                        send.  May be NULL
 * peers.take(p, type, r) a frame of it, without version and type: 0, or -1 and
 *                        the client is closed.  A frame that is a question adds
 *                        one to p->open
 * peers.gone(p)          it is closed: nothing more comes from it, and nothing
 *                        that is sent to it goes anywhere.  May be NULL
 *
 * A client that has gone stays in memory while p->open is not 0: what works for
 * it need not know.  Whoever forgets what it asked for sets that to 0.
 *
 * At most `max` clients are there at a time; others wait to be accepted.  A
 * client is not read from while `ahead` questions are open, or `high` octets
 * wait for it; but what has come by then is taken.  When `most` octets wait it
 * is closed.  What clients do is complained of seldom (complain.h).
 */
#ifndef DRAY_PEERS_H
#define DRAY_PEERS_H

#include <ev.h>
#include <sys/queue.h>

#include "common/field.h"
#include "common/frame.h"

struct peers;

struct peer {
	struct frame frame;
	unsigned int open; /* questions without an answer */
	int dead;

	/* what is not for others */
	struct peers *of;
	LIST_ENTRY(peer) in_all;
	TAILQ_ENTRY(peer) in_dirty;
	int isdirty; /* something is to be done before the loop sleeps */
	ev_io io;
};

struct peers {
	size_t size; /* of the daemon's struct */
	unsigned int max;
	uint32_t framemax; /* octets of a frame from a client */
	unsigned int ahead; /* 0: any number */
	size_t high;
	size_t most;
	int ours; /* of our own user or group (sock_ours), else closed */
	void (*begin)(struct peer *p);
	int (*take)(struct peer *p, char type, struct field *r);
	void (*gone)(struct peer *p);

	/* what is not for others */
	struct ev_loop *loop;
	ev_io accept;
	ev_timer pause;
	ev_prepare flush;
	LIST_HEAD(, peer) all;
	TAILQ_HEAD(, peer) dirty;
	unsigned int n;
};

void peers_start(struct peers *s, struct ev_loop *loop, int fd);
void peers_send(struct peer *p);
void peers_answered(struct peer *p);
void peers_each(struct peers *s, void (*fn)(struct peer *p));

#endif
