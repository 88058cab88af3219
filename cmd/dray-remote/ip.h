/*
 * ip - an address of IPv4 or IPv6, as the frames carry it.
 *
 *   ip_get(r, ip_r)       the next field.  0, or -1 (malformed)
 *   ip_equal(a, b)
 *   ip_sockaddr(ip, port, sa_r)  its size; 0 for the family none
 *   ip_fmt(d, ip)         its text in d, of IP_FMT octets; returns the length
 *   ip_local(fd, ip_r)    the address of our end of a connection
 */
#ifndef DRAY_REMOTE_IP_H
#define DRAY_REMOTE_IP_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "common/field.h"

#define IP_FMT 46

struct ip {
	uint8_t family; /* 0 none, 4, 6 */
	uint8_t addr[16];
};

int ip_get(struct field *r, struct ip *ip_r);
int ip_equal(const struct ip *a, const struct ip *b);
socklen_t ip_sockaddr(
    const struct ip *ip, uint16_t port, struct sockaddr_storage *sa_r);
size_t ip_fmt(char *d, const struct ip *ip);
void ip_local(int fd, struct ip *ip_r);

#endif
