/*
 * control - those who look into dray-send and steer it, and what they ask for.
 *
 *   control_listen()     BASE/sock/control (send.h)
 *   stats_answer(c)      queues the answer to STATISTICS
 *   listing_some(c)      goes on with a listing while its reader keeps up
 */
#ifndef DRAY_SEND_CONTROL_H
#define DRAY_SEND_CONTROL_H

#include "cmd/dray-send/send.h"

#define CONTROL_OUTMAX 131072 /* octets that wait for a reader */

struct control {
	TAILQ_ENTRY(control) link;
	struct frame f;
	ev_io io;
	uint32_t listing; /* the next slot to be listed, 0 none */
};

void stats_answer(struct control *c);
void listing_some(struct control *c);

#endif
