/*
 * net - the networks that clients come from.
 *
 *   net_of(a, sa)        the address of a socket; an IPv4 address in an IPv6
 *                        one is IPv4
 *   net_fmt(d, a)        as an address literal has it between its brackets
 *                        (RFC 5321 4.1.3), into NET_FMTMAX octets
 *   net_in(t, n, a)      1 if one of n networks has it
 *   net_trusted(l, a)    1 if the listener trusts it; one that says nothing
 *                        trusts loopback alone
 *   net_loopback(a)      1 for an address of this machine's loopback
 */
#ifndef DRAY_SMTPD_NET_H
#define DRAY_SMTPD_NET_H

#include <arpa/inet.h>
#include <stdint.h>
#include <sys/socket.h>

#include "common/policy.h"

#define NET_FMTMAX (INET6_ADDRSTRLEN + 8)

struct net_addr {
	uint8_t family; /* 4 or 6 */
	uint8_t ip[16];
	uint16_t port; /* 0: not known */
};

void net_of(struct net_addr *a, const struct sockaddr_storage *sa);
void net_fmt(char *d, const struct net_addr *a);
int net_in(
    const struct policy_net *t, unsigned int n, const struct net_addr *a);
int net_trusted(const struct policy_listener *l, const struct net_addr *a);
int net_loopback(const struct net_addr *a);

#endif
