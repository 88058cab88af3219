#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "ip.h"

int
ip_get(struct field *r, struct ip *ip_r)
{
	const char *p;
	size_t n;

	memset(ip_r, 0, sizeof *ip_r);
	ip_r->family = field_getu8(r);
	if (ip_r->family != 0 && ip_r->family != 4 && ip_r->family != 6)
		return -1;
	n = ip_r->family == 6 ? 16 : ip_r->family;
	p = field_getb(r, n);
	if (!p)
		return -1;
	memcpy(ip_r->addr, p, n);
	return 0;
}

int
ip_equal(const struct ip *a, const struct ip *b)
{
	return memcmp(a, b, sizeof *a) == 0;
}

socklen_t
ip_sockaddr(const struct ip *ip, uint16_t port, struct sockaddr_storage *sa_r)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)sa_r;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)sa_r;

	memset(sa_r, 0, sizeof *sa_r);
	if (ip->family == 4) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(port);
		memcpy(&v4->sin_addr, ip->addr, 4);
		return sizeof *v4;
	}
	if (ip->family == 6) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(port);
		memcpy(&v6->sin6_addr, ip->addr, 16);
		return sizeof *v6;
	}
	return 0;
}

size_t
ip_fmt(char *d, const struct ip *ip)
{
	*d = '\0';
	if (ip->family)
		inet_ntop(
		    ip->family == 4 ? AF_INET : AF_INET6, ip->addr, d, IP_FMT);
	return strlen(d);
}

void
ip_local(int fd, struct ip *ip_r)
{
	struct sockaddr_storage sa;
	socklen_t n = sizeof sa;

	memset(&sa, 0, sizeof sa);
	memset(ip_r, 0, sizeof *ip_r);
	if (getsockname(fd, (struct sockaddr *)&sa, &n) == -1)
		return;
	if (sa.ss_family == AF_INET) {
		ip_r->family = 4;
		memcpy(ip_r->addr, &((struct sockaddr_in *)&sa)->sin_addr, 4);
	} else if (sa.ss_family == AF_INET6) {
		ip_r->family = 6;
		memcpy(
		    ip_r->addr, &((struct sockaddr_in6 *)&sa)->sin6_addr, 16);
	}
}
