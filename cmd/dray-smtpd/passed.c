#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <skalibs/strerr.h>
#include <skalibs/types.h>

#include "cmd/dray-smtpd/net.h"
#include "cmd/dray-smtpd/passed.h"

#define FIRST 3 /* of LISTEN_FDS */

static struct passed {
	int fd; /* -1: taken */
	int family; /* 4 or 6 */
	uint16_t port;
	uint8_t ip[16];
} passed[POLICY_LISTENERMAX];
static unsigned int npassed;

static unsigned int
number(const char *name)
{
	const char *s = getenv(name);
	unsigned int n;

	if (!s)
		return 0;
	if (!uint0_scan(s, &n))
		strerr_dief(100, "there is no good number in ", name);
	return n;
}

static void
add(unsigned int fd)
{
	struct passed *p = &passed[npassed];
	struct sockaddr_storage sa;
	struct sockaddr_in6 in6;
	struct sockaddr_in in;
	socklen_t n = sizeof sa, len = sizeof(int);
	char text[UINT_FMT];
	int type = 0;

	text[uint_fmt(text, fd)] = '\0';
	if (npassed == POLICY_LISTENERMAX)
		strerr_dief(100, "more than 16 sockets were passed");
	memset(&sa, 0, sizeof sa);
	if (getsockname((int)fd, (struct sockaddr *)&sa, &n) == -1 ||
	    getsockopt((int)fd, SOL_SOCKET, SO_TYPE, &type, &len) == -1)
		strerr_diefusys(100, "use descriptor ", text,
		    ", which should be a socket that was passed");
	memcpy(&in, &sa, sizeof in);
	memcpy(&in6, &sa, sizeof in6);
	if (type != SOCK_STREAM ||
	    (sa.ss_family != AF_INET && sa.ss_family != AF_INET6))
		strerr_dief(100, "descriptor ", text,
		    ", which was passed, is no TCP socket");
	p->fd = (int)fd;
	p->family = sa.ss_family == AF_INET ? 4 : 6;
	p->port = ntohs(p->family == 4 ? in.sin_port : in6.sin6_port);
	if (p->family == 4)
		memcpy(p->ip, &in.sin_addr, 4);
	else
		memcpy(p->ip, &in6.sin6_addr, 16);
	(void)fcntl(p->fd, F_SETFD, FD_CLOEXEC);
	(void)fcntl(p->fd, F_SETFL, O_NONBLOCK);
	npassed++;
}

void
passed_start(void)
{
	unsigned int i, n;
	char name[24];

	if (number("LISTEN_PID") == (unsigned int)getpid())
		for (i = 0, n = number("LISTEN_FDS"); i < n; i++)
			add(FIRST + i);
	for (i = 0, n = number("S6_FD#"); i < n; i++) {
		snprintf(name, sizeof name, "S6_FD_%u", i);
		if (!getenv(name))
			strerr_dief(100, "S6_FD# is there, but no ", name);
		add(number(name));
	}
}

int
passed_take(const struct policy_listener *l)
{
	unsigned int i;
	int fd;

	for (i = 0; i < npassed; i++) {
		if (passed[i].fd == -1 || passed[i].family != l->family ||
		    passed[i].port != l->port ||
		    memcmp(passed[i].ip, l->ip, l->family == 4 ? 4 : 16) != 0)
			continue;
		fd = passed[i].fd;
		passed[i].fd = -1;
		return fd;
	}
	return -1;
}

void
passed_finish(void)
{
	char text[NET_FMTMAX], port[UINT_FMT];
	struct net_addr a;
	unsigned int i;

	for (i = 0; i < npassed; i++) {
		if (passed[i].fd == -1)
			continue;
		a.family = (uint8_t)passed[i].family;
		memcpy(a.ip, passed[i].ip, sizeof a.ip);
		net_fmt(text, &a);
		port[uint_fmt(port, passed[i].port)] = '\0';
		strerr_dief(100, "a socket was passed for ", text, " port ",
		    port, ", where no [listener] is");
	}
}
