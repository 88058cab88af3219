#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "cmd/dray-policy/mxask.h"
#include "common/base.h"
#include "common/chars.h"
#include "common/field.h"
#include "common/frame.h"
#include "common/sock.h"

static const char *const verdicts[] = {
	[DNS_OK] = "",
	[DNS_NULLMX] = "it takes no mail",
	[DNS_NODOMAIN] = "there is no such domain",
	[DNS_NOHOST] = "it has neither MX nor address records",
	[DNS_NOADDR] = "its servers have no address",
	[DNS_TEMP] = "no answer",
};

static void
get_ip(struct mxask *a, struct field *r)
{
	struct policy_ip *ip = &a->addr[a->naddr];
	const char *p;

	memset(ip, 0, sizeof *ip);
	ip->family = field_getu8(r);
	if (ip->family != 4 && ip->family != 6)
		r->bad = 1;
	p = field_getb(r, ip->family == 6 ? 16 : 4);
	if (!p)
		return;
	memcpy(ip->ip, p, ip->family == 6 ? 16 : 4);
	a->naddr++;
}

static void
get_host(struct mxask *a, struct field *r)
{
	char *d = a->name[a->nhost];
	const char *s;
	unsigned int n;
	size_t len;

	field_getu16(r); /* they come in the order of this */
	field_getu8(r);
	s = field_getstr(r, POLICY_NAMEMAX, &len);
	n = field_getu8(r);
	if (!s || !len || !chars_ascii(s, len) || n > DNS_ADDRSMAX)
		r->bad = 1;
	for (; n && !r->bad; n--)
		get_ip(a, r);
	if (r->bad)
		return;
	memcpy(d, s, len);
	d[len] = '\0';
	a->host[a->nhost++] = d;
}

static int
take(void *ctx, char type, const char *data, size_t len, int fd)
{
	struct mxask *a = ctx;
	unsigned int verdict, n;
	const char *text;
	struct field r;
	size_t textlen;

	(void)fd; /* descriptors are refused */
	field_start(&r, data, len);
	field_getu32(&r); /* our only question */
	verdict = field_getu8(&r);
	field_getu32(&r);
	text = field_getstr(&r, DNS_TEXTMAX, &textlen);
	n = field_getu8(&r);
	if (type != 'M' || r.bad || verdict > DNS_TEMP || n > DNS_HOSTSMAX)
		return -1;
	for (; n && !r.bad; n--)
		get_host(a, &r);
	if (!field_end(&r))
		return -1;
	snprintf(a->why, sizeof a->why, "%s%s%.*s", verdicts[verdict],
	    textlen ? ": " : "", (int)textlen, text);
	chars_mask(a->why);
	return 0;
}

/* The answer is what the only frame from there brings. */
static void
ask(int fd, const char *domain, struct mxask *a)
{
	struct timeval t = { .tv_sec = MXASK_SECONDS };
	struct frame f;
	int r = -1;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t);
	frame_init(&f, fd, FRAME_MAX, 0);
	frame_begin(&f, 'M');
	field_putu32(&f.out, 0);
	field_putstr(&f.out, domain, strlen(domain));
	if (frame_end(&f) == 0 && frame_flush(&f) == 1)
		do
			r = frame_pump(&f, take, a);
		while (r == 1 && !a->nhost && !*a->why);
	if (r != 1) {
		a->nhost = a->naddr = 0;
		snprintf(a->why, sizeof a->why, "dray-dns %s",
		    r == 0 ? "does not answer" : "closed the connection");
	}
	frame_free(&f);
}

int
mxask(const char *base, const char *domain, struct mxask *a)
{
	char path[BASE_PATHMAX];
	int fd;

	a->nhost = a->naddr = 0;
	a->why[0] = '\0';
	base_path(path, base, "sock/dns");
	fd = sock_connect(path);
	if (fd != -1)
		ask(fd, domain, a);
	else if (errno == ENOENT || errno == ECONNREFUSED)
		snprintf(a->why, sizeof a->why, "dray-dns is not running");
	else
		snprintf(a->why, sizeof a->why, "dray-dns cannot be asked: %s",
		    strerror(errno));
	return a->nhost != 0;
}
