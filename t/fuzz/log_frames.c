/*
 * log_frames - what a client says to dray-log.  A row of records, each one
 * octet what it is, two octets length, content:
 *
 *   E     lines, in a frame with the right number
 *   F     any frame: its type, then its content
 *   A     what came so far is durable
 *
 * Only whole lines come through, each of them like those of an event; a frame
 * that is not all of such lines ends the connection and leaves nothing.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/dray-log/clients.h"
#include "common/field.h"
#include "common/logproto.h"
#include "common/mem.h"
#include "common/sock.h"
#include "t/fuzz/fuzz.h"

static char dir[64], path[80];
static int listener = -1;
static struct clients cs;
static struct frame client;
static stralloc got; /* lines that dray-log took */
static stralloc want; /* lines that it has to take */
static uint64_t frames, durable;

/* Complaints can be caused at will here. */
FUZZ_QUIET(strerr_warnv)

static void
clean(void)
{
	unlink(path);
	rmdir(dir);
}

static void
set_up(void)
{
	snprintf(dir, sizeof dir, "/tmp/dray-fuzz.XXXXXX");
	must(mkdtemp(dir) != NULL);
	snprintf(path, sizeof path, "%s/log", dir);
	atexit(clean);
	listener = sock_listen(path, 0600);
	must(listener != -1);
	clients_init(&cs);
}

/* What logproto.h says of a line, in other words. */
static int
line_ok(const char *s, size_t len)
{
	size_t i;

	if (len < 3 || len > LOG_LINEMAX || s[0] != '{' || s[len - 2] != '}')
		return 0;
	for (i = 0; i + 1 < len; i++)
		if ((unsigned char)s[i] < 32 || s[i] == 127)
			return 0;
	return s[len - 1] == '\n';
}

static int
lines_ok(const char *s, size_t len)
{
	size_t i, from = 0;

	if (len == 0)
		return 0;
	for (i = 0; i < len; i++) {
		if (s[i] != '\n')
			continue;
		if (!line_ok(s + from, i + 1 - from))
			return 0;
		from = i + 1;
	}
	return from == len;
}

static int
take(void *ctx, char type, const char *data, size_t len, int fd)
{
	struct field r;
	uint64_t n;

	(void)ctx;
	field_start(&r, data, len);
	n = field_getu64(&r);
	must(type == 'A' && fd == -1 && field_end(&r));
	must(n > durable && n <= frames);
	durable = n;
	return 0;
}

/* 1 if dray-log must take it. */
static int
good(char type, const char *s, size_t len)
{
	struct field r;

	field_start(&r, s, len);
	return field_getu64(&r) == frames + 1 && !r.bad && type == 'E' &&
	    len + 2 <= LOG_FRAMEMAX && lines_ok(s + 8, len - 8);
}

static void
say(char type, const char *s, size_t len)
{
	int accept = good(type, s, len);

	frame_begin(&client, type);
	mem_check(stralloc_catb(&client.out, s, len));
	must(frame_end(&client) == 0 && frame_flush(&client) == 1);
	/* A large one comes in pieces. */
	do
		clients_read(&cs, 0, &got);
	while (cs.n && cs.slot[0].f.in.len);
	must(cs.n == (unsigned int)accept);
	if (!accept)
		return;
	frames++;
	mem_check(stralloc_catb(&want, s + 8, len - 8));
}

static void
record(char what, const uint8_t *s, size_t len)
{
	static stralloc sa;

	sa.len = 0;
	if (what == 'E') {
		field_putu64(&sa, frames + 1);
		mem_check(stralloc_catb(&sa, (const char *)s, len));
		say('E', sa.s, sa.len);
	} else if (what == 'F' && len) {
		say((char)s[0], (const char *)s + 1, len - 1);
	} else if (what == 'A') {
		clients_acknowledge(&cs);
		must(frame_pump(&client, take, NULL) != -1);
		must(durable == frames);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	size_t i, len;

	if (listener == -1)
		set_up();
	frame_init(&client, sock_connect_nonblock(path), FRAME_MAX, 0);
	must(clients_accept(&cs, listener, 0) == 0 && cs.n == 1);
	got.len = want.len = 0;
	frames = durable = 0;
	for (i = 0; n - i >= 3 && cs.n; i += len) {
		len = data[i + 1] * 256u + data[i + 2];
		i += 3;
		if (len > n - i)
			len = n - i;
		record((char)data[i - 3], data + i, len);
	}
	must(got.len == want.len);
	must(got.len == 0 || memcmp(got.s, want.s, got.len) == 0);
	clients_drop(&cs);
	must(cs.n == 0);
	frame_free(&client);
	return 0;
}
