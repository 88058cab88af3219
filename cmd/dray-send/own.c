#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include <skalibs/strerr.h>

#include "cmd/dray-send/send.h"
#include "common/mem.h"

#define OWN_GOOD 60 /* seconds until the interfaces are looked at again */

static struct {
	struct mx_addr *a;
	size_t n;
	ev_tstamp until;
} own;

static void
add(const struct sockaddr *sa)
{
	struct mx_addr a = { 0 };

	if (sa->sa_family == AF_INET) {
		a.family = 4;
		memcpy(a.ip, &((const struct sockaddr_in *)sa)->sin_addr, 4);
	} else if (sa->sa_family == AF_INET6) {
		a.family = 6;
		memcpy(a.ip, &((const struct sockaddr_in6 *)sa)->sin6_addr, 16);
	} else {
		return;
	}
	own.a = mem_grow(own.a, own.n + 1, sizeof *own.a);
	own.a[own.n++] = a;
}

static void
look(void)
{
	struct ifaddrs *all, *i;

	own.until = ev_now(self.loop) + OWN_GOOD;
	if (getifaddrs(&all) == -1) {
		strerr_warnwusys("list the addresses of this machine");
		return;
	}
	own.n = 0;
	for (i = all; i; i = i->ifa_next)
		if (i->ifa_addr)
			add(i->ifa_addr);
	freeifaddrs(all);
}

int
own_address(uint8_t family, const uint8_t *ip)
{
	size_t i;

	if (ev_now(self.loop) >= own.until)
		look();
	for (i = 0; i < own.n; i++)
		if (own.a[i].family == family &&
		    memcmp(own.a[i].ip, ip, family == 4 ? 4 : 16) == 0)
			return 1;
	return 0;
}
