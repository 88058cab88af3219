/*
 * crowd - what comes from one network, in all processes together.
 *
 * A network is an IPv4 address or an IPv6 /64.  What is known of it stands in
 * memory that the processes share, in a table of fixed size: whoever has
 * connections is in it; of the others those whose rates are exhausted for the
 * shortest time make room for new ones.  Where there is no room (more than
 * eight networks with connections fall into one place of 8192, chosen by a
 * secret key), a network is let in and not counted.
 *
 *   crowd_start()        makes the table, before there are other processes;
 *                        after keyhash_start().  Dies (111)
 *   crowd_mine(k)        this process is number k from now on, below
 *                        CROWD_PROCESSES; without it, it is 0
 *   crowd_gone(k)        number k has died: its connections count no more
 *   crowd_enter(a, max)  one more connection from there; NULL: there are max
 *   crowd_leave(c)       one less
 *   crowd_wait(c, which, rate)
 *                        0: one more passes, and counts; or the seconds until
 *                        one would.  rate is a POLICY_RATE, which may be used
 *                        at once and then comes back evenly
 *
 *   crowd_tell(c, rate, all)  1: one more of what is logged because of it may be,
 *                        and counts, also for all networks together if all is
 *                        not 0.  c NULL: of all it is one
 *
 * Processes do not wait for each other: what two do at once may be counted for a
 * network that has just made room for the other's.
 */
#ifndef DRAY_SMTPD_CROWD_H
#define DRAY_SMTPD_CROWD_H

#include <stdint.h>

#include "cmd/dray-smtpd/net.h"

#define CROWD_PROCESSES 16

enum crowd_rate {
	CROWD_CONNECTIONS,
	CROWD_MESSAGES,
	CROWD_RECIPIENTS,
	CROWD_EVENTS,
	CROWD_RATES
};

struct crowd;

void crowd_start(void);
void crowd_mine(unsigned int k);
void crowd_gone(unsigned int k);
struct crowd *crowd_enter(const struct net_addr *a, uint32_t max);
void crowd_leave(struct crowd *c);
int crowd_tell(struct crowd *c, uint64_t rate, uint64_t all);
uint32_t crowd_wait(struct crowd *c, enum crowd_rate which, uint64_t rate);

#endif
