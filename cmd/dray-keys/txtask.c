#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "cmd/dray-keys/txtask.h"
#include "common/chars.h"
#include "common/field.h"
#include "common/frame.h"
#include "common/sock.h"

static int
take(void *ctx, char type, const char *data, size_t len, int fd)
{
	struct txtask *a = ctx;
	unsigned int verdict, n;
	const char *text;
	struct field r;
	size_t k;

	(void)fd; /* descriptors are refused */
	field_start(&r, data, len);
	field_getu32(&r); /* our only question */
	verdict = field_getu8(&r);
	field_getu32(&r);
	text = field_getstr(&r, DNS_TEXTMAX, &k);
	n = field_getu8(&r);
	if (type != 'T' || r.bad || n > DNS_TEXTSMAX)
		return -1;
	a->why[0] = '\0';
	if (verdict == DNS_TEMP)
		snprintf(a->why, sizeof a->why, "no answer from DNS: %.*s",
		    (int)k, text);
	chars_mask(a->why);
	for (; n && !r.bad; n--) {
		text = field_getstr(&r, DNS_RECORDMAX, &k);
		memcpy(a->text[a->n], text, k);
		a->len[a->n++] = k;
	}
	return field_end(&r) ? 0 : -1;
}

/* The answer is what the only frame from there brings. */
static void
ask(int fd, const char *name, struct txtask *a)
{
	struct timeval t = { .tv_sec = TXTASK_SECONDS };
	struct frame f;
	int r = -1;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t);
	snprintf(a->why, sizeof a->why, "dray-dns does not answer");
	frame_init(&f, fd, FRAME_MAX, 0);
	frame_begin(&f, 'T');
	field_putu32(&f.out, 0);
	field_putstr(&f.out, name, strlen(name));
	if (frame_end(&f) == 0 && frame_flush(&f) == 1)
		do
			r = frame_pump(&f, take, a);
		while (r == 1 && f.in.len);
	if (r == -1)
		snprintf(
		    a->why, sizeof a->why, "dray-dns closed the connection");
	frame_free(&f);
}

void
txtask(const char *name, struct txtask *a)
{
	int fd = sock_connect("sock/dns");

	a->n = 0;
	if (fd != -1)
		ask(fd, name, a);
	else if (errno == ENOENT || errno == ECONNREFUSED)
		snprintf(a->why, sizeof a->why, "dray-dns is not running");
	else
		snprintf(a->why, sizeof a->why, "dray-dns cannot be asked: %s",
		    strerror(errno));
}
