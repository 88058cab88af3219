#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "common/chars.h"
#include "common/dnsask.h"
#include "common/frame.h"
#include "common/sock.h"

struct question {
	char type;
	dnsask_fn *fn;
	void *ctx;
	int answered;
};

/* The only frame that comes from there. */
static int
take(void *ctx, char type, const char *data, size_t len, int fd)
{
	struct question *q = ctx;
	char text[DNS_TEXTMAX + 1];
	unsigned int verdict;
	struct field r;
	const char *s;
	size_t n;

	(void)fd; /* descriptors are refused */
	field_start(&r, data, len);
	field_getu32(&r); /* our only question */
	verdict = field_getu8(&r);
	field_getu32(&r);
	s = field_getstr(&r, DNS_TEXTMAX, &n);
	if (type != q->type || r.bad || verdict > DNS_TEMP || q->answered)
		return -1;
	memcpy(text, s, n);
	text[n] = '\0';
	chars_mask(text);
	q->answered = 1;
	q->fn(q->ctx, &r, verdict, text);
	return field_end(&r) ? 0 : -1;
}

static const char *
ask(int fd, struct question *q, const char *name)
{
	struct timeval t = { .tv_sec = DNSASK_SECONDS };
	struct frame f;
	int r = -1;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t);
	frame_init(&f, fd, FRAME_MAX, 0);
	frame_begin(&f, q->type);
	field_putu32(&f.out, 0);
	field_putstr(&f.out, name, strlen(name));
	if (frame_end(&f) == 0 && frame_flush(&f) == 1)
		do
			r = frame_pump(&f, take, q);
		while (r == 1 && !q->answered);
	frame_free(&f);
	if (r == -1)
		return "dray-dns closed the connection";
	return q->answered ? "" : "dray-dns does not answer";
}

int
dnsask(const char *path, char type, const char *name, dnsask_fn *fn, void *ctx,
    char why[DNSASK_WHYMAX])
{
	struct question q = { type, fn, ctx, 0 };
	int fd = sock_connect(path);

	if (fd != -1)
		snprintf(why, DNSASK_WHYMAX, "%s", ask(fd, &q, name));
	else if (errno == ENOENT || errno == ECONNREFUSED)
		snprintf(why, DNSASK_WHYMAX, "dray-dns is not running");
	else
		snprintf(why, DNSASK_WHYMAX, "dray-dns cannot be asked: %s",
		    strerror(errno));
	return *why ? -1 : 0;
}
