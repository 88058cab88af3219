/*
 * fakequeue - stands in for dray-queued in tests of what talks to it.
 *
 *	fakequeue socket directory
 *
 * Serves one client after the other.  Message number n leaves n.env (one
 * fact a line) and n.msg (its octets) in the directory once it has ended.
 * The file "answer" there, read for each message, says what happens:
 *
 *	(no such file)            accepted, with the id "fake-n"
 *	refuse C STATUS TEXT      refused at its end; C is 4 or 5
 *	early C STATUS TEXT       refused at its first data
 *	drop                      the connection is closed at its end
 *	hang                      no answer ever comes
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <poll.h>
#include <unistd.h>

#include "common/field.h"
#include "common/frame.h"
#include "common/queueproto.h"
#include "common/sock.h"

struct fake {
	const char *dir;
	struct frame f;
	unsigned long n;
	FILE *env, *msg;
	uint64_t octets;
	char answer[512];
	int answered;
};

static void
die(const char *what)
{
	fprintf(stderr, "fakequeue: %s: %s\n", what, strerror(errno));
	exit(111);
}

static FILE *
create(const struct fake *k, const char *suffix)
{
	char path[4096];
	FILE *f;

	snprintf(path, sizeof path, "%s/%lu.%s", k->dir, k->n, suffix);
	f = fopen(path, "w");
	if (!f)
		die(path);
	return f;
}

static void
discard(struct fake *k)
{
	if (k->env)
		fclose(k->env);
	if (k->msg)
		fclose(k->msg);
	k->env = k->msg = NULL;
}

static void
read_answer(struct fake *k)
{
	char path[4096];
	FILE *f;

	snprintf(path, sizeof path, "%s/answer", k->dir);
	k->answer[0] = '\0';
	f = fopen(path, "r");
	if (!f)
		return;
	if (!fgets(k->answer, sizeof k->answer, f))
		k->answer[0] = '\0';
	fclose(f);
	k->answer[strcspn(k->answer, "\n")] = '\0';
}

static void
fact(struct fake *k, const char *name, struct field *r)
{
	size_t len;
	const char *s = field_getstr(r, 1000, &len);

	fprintf(k->env, "%s %.*s\n", name, (int)len, s);
}

static void
start(struct fake *k, struct field *r)
{
	uint8_t ret;

	discard(k);
	k->n++;
	k->octets = 0;
	k->answered = 0;
	read_answer(k);
	k->env = create(k, "tmp.env");
	k->msg = create(k, "tmp.msg");
	fprintf(k->env, "flags %u\n", field_getu32(r));
	ret = field_getu8(r);
	fprintf(k->env, "ret %c\n", ret ? ret : '-');
	fprintf(k->env, "lifetime %u\n", field_getu32(r));
	fact(k, "sender", r);
	fact(k, "envid", r);
	fact(k, "stream", r);
	fact(k, "route", r);
	fact(k, "tenant", r);
	fact(k, "campaign", r);
}

static int
refuse(struct fake *k)
{
	char class, status[16], text[256];

	if (sscanf(k->answer, "%*s %c %15s %255[^\n]", &class, status, text) !=
	    3)
		return -1;
	frame_begin(&k->f, 'N');
	field_putu8(&k->f.out, (uint8_t) class);
	field_putstr(&k->f.out, status, strlen(status));
	field_putstr(&k->f.out, text, strlen(text));
	k->answered = 1;
	return frame_end(&k->f);
}

static void
keep(struct fake *k, const char *suffix)
{
	char from[4096], to[4096];

	snprintf(from, sizeof from, "%s/%lu.tmp.%s", k->dir, k->n, suffix);
	snprintf(to, sizeof to, "%s/%lu.%s", k->dir, k->n, suffix);
	if (rename(from, to) == -1)
		die(to);
}

static int
end(struct fake *k, struct field *r)
{
	char id[32];

	if (field_getu64(r) != k->octets || !k->env)
		return -1;
	discard(k);
	if (!strcmp(k->answer, "drop"))
		return -1;
	if (!strcmp(k->answer, "hang"))
		return 0;
	if (k->answer[0])
		return k->answered ? 0 : refuse(k);
	keep(k, "msg");
	keep(k, "env");
	snprintf(id, sizeof id, "fake-%lu", k->n);
	frame_begin(&k->f, 'A');
	field_putstr(&k->f.out, id, strlen(id));
	return frame_end(&k->f);
}

static int
each(void *ctx, char type, const char *data, size_t len, int fd)
{
	struct fake *k = ctx;
	struct field r;

	(void)fd;
	field_start(&r, data, len);
	switch (type) {
	case 'M':
		start(k, &r);
		break;
	case 'R':
		while (k->env && field_left(&r) && !r.bad) {
			fact(k, "rcpt", &r);
			fprintf(k->env, "notify %u\n", field_getu8(&r));
			fact(k, "orcpt", &r);
		}
		break;
	case 'D':
		if (!k->msg)
			return -1;
		fwrite(data, 1, len, k->msg);
		k->octets += len;
		if (!strncmp(k->answer, "early", 5) && !k->answered)
			return refuse(k);
		return 0;
	case 'E':
		return end(k, &r);
	default:
		return -1;
	}
	return field_end(&r) ? 0 : -1;
}

static void
serve(struct fake *k, int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	frame_init(&k->f, fd, QUEUE_FRAMEMAX, 0);
	for (;;) {
		while (frame_flush(&k->f) == 0) {
			p.events = POLLOUT;
			poll(&p, 1, -1);
		}
		p.events = POLLIN;
		poll(&p, 1, -1);
		if (frame_pump(&k->f, each, k) == -1)
			break;
	}
	discard(k);
	frame_free(&k->f);
}

int
main(int argc, char **argv)
{
	struct fake k = { .n = 0 };
	struct pollfd p = { .events = POLLIN };
	int fd;

	if (argc != 3) {
		fprintf(stderr, "usage: fakequeue socket directory\n");
		return 100;
	}
	signal(SIGPIPE, SIG_IGN);
	k.dir = argv[2];
	p.fd = sock_listen(argv[1], 0666);
	if (p.fd == -1)
		die(argv[1]);
	for (;;) {
		poll(&p, 1, -1);
		fd = sock_accept(p.fd);
		if (fd != -1)
			serve(&k, fd);
	}
}
