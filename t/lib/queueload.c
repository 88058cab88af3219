/*
 * queueload - injects many messages over the queue socket, for benchmarks and
 * crash tests.
 *
 *   queueload -p socket [-s sessions] [-m messages] [-l octets] [-r rcpts]
 *             [-d domain] [-k ndomains] [-t tag] [-f sender] [-S stream]
 *             [-C ncampaigns | -c campaign] [-T tenant] [-a ackfile] [-R] [-V] [-z]
 *
 * One process, -s connections side by side, one message at a time on each.
 * Message n goes to -r recipients u<i>@<domain>, with -k K to u<i>@d<i mod
 * K>.<domain>; with -z as well domains are drawn by Zipf's law, d0 most often,
 * d1 half as often, d2 a third.  With -C C it is of campaign c<0 to C-1>, with
 * -V the sender's local part ends in "+n".  Each message carries "X-Bench:
 * <tag>n <time>".  With -a a line "n id" is written to ackfile (one write(2))
 * for every message accepted, so that a test knows what must arrive.  With -R a
 * lost connection is made anew and what was not acknowledged is sent again
 * (crash tests); else it is fatal.  Prints one JSON line.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "common/field.h"
#include "common/frame.h"
#include "common/mem.h"
#include "common/queueproto.h"
#include "common/sock.h"

struct sess {
	struct frame f;
	long num; /* under way, -1 none */
	int on;
};

static const char *path, *domain = "bulk.test", *tag = "b", *stream = "";
static const char *sender = "bounce@sender.test", *campaign = "", *tenant = "";
static double *zipf; /* the share of the domains up to each */
static long total = 1000, next_, ok, refused, again;
static long ncampaign;
static int verp, skewed;
static int nsess = 50, nrcpt = 1, kdom, retry, ackfd = -1, ep;
static size_t size = 10240;
static char *body;
static size_t body_len;
static struct sess *ss;

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
die(const char *what)
{
	perror(what);
	exit(111);
}

static void
text(stralloc *sa, const char *s)
{
	field_putstr(sa, s, strlen(s));
}

static void
end_frame(struct sess *s)
{
	if (frame_end(&s->f) == -1)
		die("frame");
}

static void
make_zipf(void)
{
	double sum = 0;
	int k;

	zipf = mem_array((size_t)kdom, sizeof *zipf);
	for (k = 0; k < kdom; k++)
		zipf[k] = sum += 1.0 / (k + 1);
	for (k = 0; k < kdom; k++)
		zipf[k] /= sum;
}

/* The domain of recipient i. */
static int
domain_of(long i)
{
	int from = 0, to = kdom - 1, k;
	double x;

	if (!zipf)
		return (int)(i % kdom);
	x = (double)((uint64_t)i * 0x9e3779b97f4a7c15u >> 11) / 0x1p53;
	while (from < to) {
		k = (from + to) / 2;
		if (zipf[k] < x)
			from = k + 1;
		else
			to = k;
	}
	return from;
}

static void
put_rcpts(struct sess *s)
{
	char b[300];
	long i;
	int r;

	frame_begin(&s->f, 'R');
	for (r = 0; r < nrcpt; r++) {
		i = s->num * nrcpt + r;
		if (kdom)
			snprintf(b, sizeof b, "u%ld@d%d.%s", i, domain_of(i),
			    domain);
		else
			snprintf(b, sizeof b, "u%ld@%s", i, domain);
		text(&s->f.out, b);
		field_putu8(&s->f.out, 0);
		text(&s->f.out, "");
		if (s->f.out.len - s->f.start > 50000) {
			end_frame(s);
			frame_begin(&s->f, 'R');
		}
	}
	end_frame(s);
}

static void
put_data(struct sess *s)
{
	char h[1024];
	size_t off, n, len;

	len = (size_t)snprintf(h, sizeof h,
	    "From: <news@sender.test>\r\nTo: <list@%s>\r\nSubject: bench "
	    "%ld\r\nMessage-Id: <%s%ld@sender.test>\r\nX-Bench: %s%ld "
	    "%.6f\r\nDate: Thu, 1 Jan 2026 00:00:00 +0000\r\n\r\n",
	    domain, s->num, tag, s->num, tag, s->num, now());
	frame_begin(&s->f, 'D');
	mem_check(stralloc_catb(&s->f.out, h, len));
	for (off = 0; off < body_len; off += n) {
		n = body_len - off > 50000 ? 50000 : body_len - off;
		mem_check(stralloc_catb(&s->f.out, body + off, n));
		end_frame(s);
		if (off + n < body_len)
			frame_begin(&s->f, 'D');
	}
	if (body_len == 0)
		end_frame(s);
	frame_begin(&s->f, 'E');
	field_putu64(&s->f.out, len + body_len);
	end_frame(s);
}

static void lost(struct sess *s);

static void
push(struct sess *s)
{
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = s };
	int r = frame_flush(&s->f);

	if (r == -1) {
		lost(s);
		return;
	}
	if (r == 0)
		e.events |= EPOLLOUT;
	epoll_ctl(ep, EPOLL_CTL_MOD, s->f.fd, &e);
}

/* A sender of its own for each message. */
static void
put_sender(stralloc *out, long n)
{
	const char *at = strchr(sender, '@');
	char b[300];

	if (!verp || !at) {
		text(out, sender);
		return;
	}
	snprintf(b, sizeof b, "%.*s+%ld%s", (int)(at - sender), sender, n, at);
	text(out, b);
}

/* Not n % ncampaign: that is how domains are chosen. */
static void
put_campaign(stralloc *out, long n)
{
	char b[32];

	if (!ncampaign) {
		text(out, campaign);
		return;
	}
	snprintf(b, sizeof b, "c%lu",
	    (unsigned long)n * 2654435761u / 65536 % (unsigned long)ncampaign);
	text(out, b);
}

static void
message(struct sess *s)
{
	stralloc *out = &s->f.out;

	frame_begin(&s->f, 'M');
	field_putu32(out, 0);
	field_putu8(out, 0);
	field_putu32(out, 0);
	put_sender(out, s->num);
	text(out, "");
	text(out, stream);
	text(out, "");
	text(out, tenant);
	put_campaign(out, s->num);
	end_frame(s);
	put_rcpts(s);
	put_data(s);
	push(s);
}

static void
next_message(struct sess *s)
{
	s->num = next_ < total ? next_++ : -1;
	if (s->num >= 0)
		message(s);
}

static int
verdict(void *ctx, char type, const char *data, size_t len, int fd)
{
	struct sess *s = ctx;
	struct field r;
	const char *id;
	char line[256];
	size_t n;
	int k;

	(void)fd;
	if (type == 'A') {
		field_start(&r, data, len);
		id = field_getstr(&r, 200, &n);
		ok++;
		k = snprintf(
		    line, sizeof line, "%ld %.*s\n", s->num, (int)n, id);
		if (ackfd != -1 && write(ackfd, line, (size_t)k) != k)
			die("write acknowledgement");
	} else {
		refused++;
		if (retry)
			again++;
		if (!retry)
			fprintf(stderr, "refused: %.*s\n", (int)len, data);
	}
	if (type != 'A' && retry)
		message(s);
	else
		next_message(s);
	return 0;
}

static void
connect_(struct sess *s)
{
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = s };
	int fd;

	while ((fd = sock_connect(path)) == -1) {
		if (!retry)
			die("connect");
		usleep(20000);
	}
	if (sock_nonblock(fd) == -1)
		die("fcntl");
	frame_init(&s->f, fd, QUEUE_FRAMEMAX, 0);
	s->on = 1;
	epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e);
}

static void
lost(struct sess *s)
{
	if (!retry)
		die("connection lost");
	frame_free(&s->f);
	again++;
	connect_(s);
	if (s->num >= 0)
		message(s);
}

static void
make_body(void)
{
	size_t i;

	body = mem_alloc(size + 100);
	for (i = 0; body_len + 80 <= size; i++) {
		memset(body + body_len, 'a' + (int)(i % 26), 78);
		memcpy(body + body_len + 78, "\r\n", 2);
		body_len += 80;
	}
}

/* One of them, with its argument. */
static void
option(int o)
{
	switch (o) {
	case 'p':
		path = optarg;
		break;
	case 's':
		nsess = atoi(optarg);
		break;
	case 'm':
		total = atol(optarg);
		break;
	case 'l':
		size = (size_t)atol(optarg);
		break;
	case 'r':
		nrcpt = atoi(optarg);
		break;
	case 'd':
		domain = optarg;
		break;
	case 'k':
		kdom = atoi(optarg);
		break;
	case 't':
		tag = optarg;
		break;
	case 'f':
		sender = optarg;
		break;
	case 'S':
		stream = optarg;
		break;
	case 'C':
		ncampaign = atol(optarg);
		break;
	case 'c':
		campaign = optarg;
		break;
	case 'T':
		tenant = optarg;
		break;
	case 'z':
		skewed = 1;
		break;
	case 'V':
		verp = 1;
		break;
	case 'R':
		retry = 1;
		break;
	case 'a':
		ackfd = open(optarg, O_WRONLY | O_CREAT | O_APPEND, 0600);
		if (ackfd == -1)
			die(optarg);
		break;
	default:
		exit(100);
	}
}

static void
options(int argc, char **argv)
{
	static const char known[] = "p:s:m:l:r:d:k:t:f:S:C:c:T:a:RVz";
	int o;

	while ((o = getopt(argc, argv, known)) != -1)
		option(o);
	if (!path || (skewed && kdom < 1))
		exit(100);
	if (skewed)
		make_zipf();
}

static void
loop(void)
{
	struct epoll_event ev[64];
	struct sess *s;
	int i, n;

	while (ok + (retry ? 0 : refused) < total) {
		n = epoll_wait(ep, ev, 64, 120000);
		if (n == 0) {
			fprintf(stderr, "stalled at %ld\n", ok);
			exit(111);
		}
		for (i = 0; i < n; i++) {
			s = ev[i].data.ptr;
			if (ev[i].events & EPOLLOUT)
				push(s);
			if (ev[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR) &&
			    frame_pump(&s->f, verdict, s) == -1)
				lost(s);
		}
	}
}

int
main(int argc, char **argv)
{
	struct rusage ru;
	double t0;
	int i;

	options(argc, argv);
	signal(SIGPIPE, SIG_IGN);
	make_body();
	ep = epoll_create1(EPOLL_CLOEXEC);
	ss = mem_array((size_t)nsess, sizeof *ss);
	t0 = now();
	for (i = 0; i < nsess; i++) {
		connect_(&ss[i]);
		next_message(&ss[i]);
	}
	loop();
	getrusage(RUSAGE_SELF, &ru);
	printf("{\"sent\":%ld,\"refused\":%ld,\"again\":%ld,\"start\":%.6f,"
	       "\"end\":%.6f,\"secs\":%.3f,\"rate\":%.1f,\"cpu\":%.3f}\n",
	    ok, refused, again, t0, now(), now() - t0,
	    (double)ok / (now() - t0),
	    (double)(ru.ru_utime.tv_sec + ru.ru_stime.tv_sec) +
		(double)(ru.ru_utime.tv_usec + ru.ru_stime.tv_usec) / 1e6);
	return 0;
}
