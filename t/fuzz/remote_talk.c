/*
 * remote_talk - all of dray-remote but its main, against a server whose words
 * are the input.  First octet: extensions switched off, depth, how many jobs;
 * second: the size of the pieces in which the rest arrives, and from 100 on
 * that TLS is tried, from 200 on that it is required.
 *
 * Whatever the server says, each job comes back exactly once, the lane ends
 * when the server hangs up, and 250 at the end of data is the only success.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <skalibs/strerr.h>

#include "cmd/dray-remote/worker.h"
#include "common/crc32c.h"

#define JOBS 6

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int socket(int domain, int type, int protocol);
int connect(int fd, const struct sockaddr *sa, socklen_t n);

static const char message[] = ".Subject: x\r\n\r\n..\r\ntext\r\n";
static const size_t stored = sizeof message - 1;

static struct worker *w;
static struct frame send_side;
static int server = -1, down;
static int answered[JOBS];
static uint32_t lanes;

/* These stand before libc's: no network is touched. */
int
socket(int domain, int type, int protocol)
{
	int p[2];

	(void)domain;
	(void)type;
	(void)protocol;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, p) == -1)
		abort();
	/* The one before has been left, for another try without TLS. */
	if (server != -1)
		close(server);
	server = p[1];
	return p[0];
}

int
connect(int fd, const struct sockaddr *sa, socklen_t n)
{
	(void)fd;
	(void)sa;
	(void)n;
	return 0;
}

static void
job_back(uint32_t job)
{
	if (job >= JOBS || answered[job]++)
		abort();
}

static void
take_result(struct field *r)
{
	uint32_t i, n;
	size_t len;
	uint16_t code;
	uint8_t phase;

	job_back(field_getu32(r));
	field_getb(r, 2 + 4 + 12);
	n = field_getu32(r);
	for (i = 0; i < n; i++) {
		code = field_getu16(r);
		phase = field_getu8(r);
		field_getstr(r, 12, &len);
		field_getstr(r, 1024, &len);
		if (code && code < 400 && (code != 250 || phase != 'd'))
			abort();
	}
}

static void
take_down(struct field *r)
{
	uint32_t n;
	size_t len;

	field_getb(r, 3 + 2);
	field_getstr(r, 12, &len);
	field_getstr(r, 1024, &len);
	field_getb(r, 4 + 8);
	for (n = field_getu32(r); n; n--) {
		job_back(field_getu32(r));
		if (field_getu8(r) > 2)
			abort();
	}
	down++;
}

static int
on_frame(void *ctx, char type, const char *data, size_t len, int fd)
{
	struct field r;

	(void)ctx;
	(void)fd;
	if (type == 'H' || type == 'U')
		return 0;
	field_start(&r, data, len);
	if (field_getu32(&r) != lanes)
		abort();
	if (type == 'R')
		take_result(&r);
	else if (type == 'E')
		take_down(&r);
	else
		abort();
	if (!field_end(&r))
		abort();
	return 0;
}

static void
begin(void)
{
	int p[2], fd = memfd_create("bundle", 0);

	PROG = "remote_talk";
	if (fd == -1 || write(fd, message, stored) != (ssize_t)stored ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, p) == -1)
		abort();
	w = calloc(1, sizeof *w);
	if (!w)
		abort();
	worker_init(w);
	worker_start(w, p[0]);
	frame_init(&send_side, p[1], FRAME_MAX, 0);
	if (handle_add(&w->handles, 1, fd) == -1)
		abort();
}

static void
put_lane(stralloc *sa, uint8_t how, uint8_t tls)
{
	int i;

	field_putu32(sa, ++lanes);
	field_putu32(sa, how & 3);
	field_putu8(sa, tls);
	field_putu32(sa, 1U + (how >> 2 & 3));
	field_putu32(sa, 0);
	for (i = 0; i < ORDER_TIMEOUTS; i++)
		field_putu32(sa, 1000);
	field_putstr(sa, "c.example", 9);
	field_putu8(sa, 0);
	field_putu8(sa, 1);
	field_putu8(sa, 4);
	field_putu32(sa, 0x7f000001);
	field_putu16(sa, 25);
	field_putstr(sa, "", 0);
}

static void
put_job(stralloc *sa, uint32_t job)
{
	uint32_t i, n = 1 + job % 3;

	field_putu32(sa, lanes);
	field_putu32(sa, job);
	field_putu32(sa, 1);
	field_putu64(sa, 0);
	field_putu64(sa, stored);
	field_putu64(sa, stored - 2);
	field_putu32(sa, crc32c(0, message, stored));
	field_putu32(sa, 1);
	field_putu32(sa, job == 2 ? 1 : UINT32_MAX); /* that one is late */
	field_putstr(sa, "s@c.example", 11);
	field_putstr(sa, "", 0);
	field_putu8(sa, 0);
	field_putu32(sa, n);
	for (i = 0; i < n; i++) {
		field_putstr(sa, "r@s.example", 11);
		field_putu8(sa, 0);
		field_putstr(sa, "", 0);
	}
	field_putu8(sa, 0);
}

static void
turn(void)
{
	char b[65536];
	int i;

	for (i = 0; i < 3; i++) {
		ev_run(w->loop, EVRUN_NOWAIT);
		while (server != -1 && read(server, b, sizeof b) > 0)
			;
	}
	while (frame_pump(&send_side, on_frame, NULL) == 1)
		;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	size_t k, piece;
	uint32_t i, jobs;

	if (n < 2)
		return 0;
	if (!w)
		begin();
	memset(answered, 0, sizeof answered);
	broken_init(&w->broken, BROKEN_CHUNKING);
	broken_init(&w->notls, BROKEN_TLS);
	down = 0;
	jobs = 1U + (data[0] >> 4) % JOBS;
	piece = data[1] % 100 + 1U;
	frame_begin(&send_side, 'L');
	put_lane(&send_side.out, data[0], data[1] / 100);
	if (frame_end(&send_side) == -1)
		abort();
	for (i = 0; i < jobs; i++) {
		frame_begin(&send_side, 'J');
		put_job(&send_side.out, i);
		if (frame_end(&send_side) == -1)
			abort();
	}
	if (frame_flush(&send_side) != 1)
		abort();
	turn();
	for (data += 2, n -= 2; n && !down; data += k, n -= k) {
		k = n < piece ? n : piece;
		if (write(server, data, k) == -1)
			break;
		turn();
	}
	for (i = 0; i < 8 && !down; i++) {
		close(server);
		server = -1;
		turn();
	}
	if (down != 1 || w->nlanes)
		abort();
	for (i = 0; i < jobs; i++)
		if (!answered[i])
			abort();
	return 0;
}
