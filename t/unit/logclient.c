/*
 * The other side is a socket of our own, driven by hand.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <skalibs/stralloc.h>

#include "common/field.h"
#include "common/frame.h"
#include "common/logclient.h"
#include "common/logline.h"
#include "common/logproto.h"
#include "common/sock.h"
#include "t/lib/tap.h"

static char dir[] = "/tmp/dray-logclient.XXXXXX";
static char path[64];
static int listener;
static struct frame peer;
static uint64_t frames; /* number of the last frame that came */
static stralloc got = STRALLOC_ZERO;

static int
take(void *ctx, char type, const char *data, size_t len, int fd)
{
	struct field r;
	uint64_t n;

	(void)ctx;
	(void)fd;
	field_start(&r, data, len);
	n = field_getu64(&r);
	if (type != 'E' || n != frames + 1 || len + 2 > LOG_FRAMEMAX ||
	    !logline_allok(data + 8, len - 8, &n))
		return -1;
	frames++;
	stralloc_catb(&got, data + 8, len - 8);
	return 0;
}

static void
serve(void)
{
	int fd = sock_accept(listener);

	frame_init(&peer, fd, LOG_FRAMEMAX, 0);
	frames = 0;
	got.len = 0;
}

static int
receive(void)
{
	int r;

	while ((r = frame_pump(&peer, take, NULL)) == 1)
		;
	return r;
}

static void
acknowledge(char type, uint64_t n)
{
	frame_begin(&peer, type);
	field_putu64(&peer.out, n);
	if (frame_end(&peer) == -1 || frame_flush(&peer) != 1)
		abort();
}

static void
add_lines(struct logclient *l, int n)
{
	char line[1001], text[1000 - 9 + 1];

	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	snprintf(line, sizeof line, "{\"a\":\"%s\"}\n", text);
	while (n--)
		logclient_add(l, line, sizeof line - 1);
}

static void
test_refused(struct logclient *l)
{
	static char line[LOG_LINEMAX + 1];

	is_int(logclient_add(l, "{}", 2), 0, "no newline");
	is_int(logclient_add(l, "\n", 1), 0, "an empty line");
	is_int(logclient_add(l, "{}\n{}\n", 6), 0, "two lines");
	is_int(logclient_add(l, "{\"a\":\"\t\"}\n", 10), 0, "a tab");
	is_int(logclient_add(l, "{\"a\":\"\177\"}\n", 10), 0, "DEL");
	is_int(logclient_add(l, "[1]\n", 4), 0, "no object");
	memset(line, ' ', sizeof line);
	line[0] = '{';
	line[LOG_LINEMAX - 1] = '}';
	line[LOG_LINEMAX] = '\n';
	is_int(logclient_add(l, line, sizeof line), 0, "a line too long");
	is_int(errno, EINVAL, "errno says so");
	is_int(logclient_backlog(l), 0, "nothing of them is kept");
}

static void
test_plain(struct logclient *l)
{
	is_int(logclient_connect(l), 1, "connects");
	serve();
	is_int(logclient_flush(l), 1, "nothing to send");
	is_int(logclient_add(l, "{\"a\":1}\n", 8), 1, "the first line");
	is_int(logclient_add(l, "{\"a\":2}\n", 8), 2, "the second line");
	is_int(logclient_backlog(l), 16, "both wait");
	is_int(logclient_flush(l), 1, "sent");
	receive();
	is_int(frames, 1, "as one frame");
	ok(got.len == 16 && !memcmp(got.s, "{\"a\":1}\n{\"a\":2}\n", 16),
	    "and whole");
	is_int(logclient_read(l), 0, "no answer yet");
	is_int(logclient_durable(l), 0, "nothing is durable yet");
	acknowledge('A', 1);
	is_int(logclient_read(l), 1, "the answer");
	is_int(logclient_durable(l), 2, "both are durable");
	is_int(logclient_backlog(l), 0, "nothing waits");
}

/* More than the socket takes; the connection dies in the middle. */
static void
test_again(struct logclient *l)
{
	add_lines(l, 2000);
	is_int(logclient_flush(l), 0, "the socket is full");
	receive();
	ok(frames > 2, "some frames came");
	acknowledge('A', 2);
	acknowledge('A', 3);
	is_int(logclient_read(l), 1, "answers");
	is_int(logclient_durable(l), 2 + 65 + 65, "two frames of 65 lines");
	frame_free(&peer);
	is_int(logclient_read(l), -1, "the connection is lost");
	is_int(l->fd, -1, "no descriptor");
	is_int(logclient_flush(l), 1, "flush waits for a connection");
	is_int(logclient_add(l, "{}\n", 3), 2003, "one more meanwhile");
	is_int(logclient_connect(l), 1, "connects again");
	serve();
	while (logclient_flush(l) == 0)
		receive();
	receive();
	is_int(got.len, (2000 - 130) * 1000 + 3, "the others come again");
	acknowledge('A', frames);
	is_int(logclient_read(l), 1, "the answer");
	is_int(logclient_durable(l), 2003, "all are durable");
	is_int(logclient_backlog(l), 0, "nothing waits");
}

static void
bad_answer(struct logclient *l, char type, uint64_t n, const char *name)
{
	logclient_add(l, "{}\n", 3);
	is_int(logclient_connect(l), 1, "connects");
	serve();
	is_int(logclient_flush(l), 1, "sent");
	acknowledge(type, n);
	is_int(logclient_read(l), -1, name);
	is_int(errno, EPROTO, "as a breach of protocol");
	frame_free(&peer);
}

static void
test_bad(struct logclient *l)
{
	logclient_free(l);
	logclient_init(l, path);
	frame_free(&peer);
	bad_answer(l, 'A', 2, "a number that was not sent");
	bad_answer(l, 'A', 0, "number 0");
	bad_answer(l, 'B', 1, "another type");
	is_int(logclient_backlog(l), 9, "all three wait");
	unlink(path);
	is_int(logclient_connect(l), 0, "nobody is there");
	is_int(errno, ENOENT, "errno says so");
}

static void
test_wait(struct logclient *l)
{
	logclient_free(l);
	logclient_init(l, path);
	is_int(logclient_wait(l, 0), 0, "there is nothing to wait for");
	logclient_add(l, "{}\n", 3);
	is_int(logclient_wait(l, 20), -1, "nobody answers");
	is_int(errno, ETIMEDOUT, "in that time");
	serve();
	receive();
	is_int(got.len, 3, "but it was sent");
	acknowledge('A', 1);
	is_int(logclient_wait(l, 60000), 0, "now it is durable");
	logclient_add(l, "{}\n", 3);
	frame_free(&peer);
	is_int(logclient_wait(l, 60000), -1, "the connection is lost");
	ok(errno == ECONNRESET || errno == EPIPE, "errno says so");
	is_int(logclient_backlog(l), 3, "the line stays");
}

int
main(void)
{
	struct logclient l;

	if (!mkdtemp(dir))
		return 111;
	snprintf(path, sizeof path, "%s/log", dir);
	listener = sock_listen(path, 0600);
	logclient_init(&l, path);
	test_refused(&l);
	test_plain(&l);
	test_again(&l);
	frame_free(&peer);
	test_wait(&l);
	test_bad(&l);
	logclient_free(&l);
	unlink(path);
	rmdir(dir);
	return done_testing();
}
