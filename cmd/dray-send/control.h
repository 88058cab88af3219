/*
 * control - those who look into dray-send and steer it, and what they ask for.
 *
 *   control_listen()     BASE/sock/control (send.h)
 *   control_write(c)     something for this client was queued outside its turn
 *   stats_answer(c)      queues the answer to STATISTICS
 *   listing_some(c)      goes on with a listing while its reader keeps up
 *   command_begin(c, data, len)  an ACT; 0, or -1 it is malformed
 *   command_turn()       once a turn, for all of them; 1 there is more to do
 *   command_end(c)       c goes away, or its command is done
 *
 * What WHY asks for: why.h
 */
#ifndef DRAY_SEND_CONTROL_H
#define DRAY_SEND_CONTROL_H

#include "cmd/dray-send/send.h"
#include "common/controlproto.h"

#define CONTROL_OUTMAX 131072 /* octets that wait for a reader */

struct command;
struct why;

struct control {
	TAILQ_ENTRY(control) link;
	struct frame f;
	ev_io io;
	uint32_t listing; /* the next slot to be listed, 0 none */
	struct command *command; /* NULL none */
	struct why *why; /* NULL none */
};

void control_write(struct control *c);
void stats_answer(struct control *c);
void listing_some(struct control *c);
int command_begin(struct control *c, const char *data, size_t len);
int command_turn(void);
void command_end(struct control *c);

#endif
