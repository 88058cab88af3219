/*
 * dray-queue - hand a message to the queue as qmail-queue does.  See
 * dray-queue(8).
 *
 * The message is on descriptor 0, the envelope on 1.  Nothing is printed: the
 * exit code says it all, and the text of a refusal goes to descriptor 6 if
 * that is a pipe (exit code 82).
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <skalibs/strerr.h>

#include "common/addr.h"
#include "common/base.h"
#include "common/chars.h"
#include "common/input.h"
#include "common/queueclient.h"
#include "common/recode.h"
#include "envelope.h"

#define USAGE "dray-queue"
#define PATIENCE 86400 /* seconds for all of it, as qmail-queue */

/* Against input without end; dray-queued has the policy's limits. */
#define MESSAGEMAX (1ULL << 30)
#define RCPTMAX 1000000
#define ERRFD 6

enum code {
	ADDRESS_LONG = 11,
	REFUSED = 31,
	NOMEM = 51,
	TIMEOUT = 52,
	WRITE = 53,
	READ = 54,
	NO_BASE = 61,
	TEMP_REFUSED = 71,
	CONNECT = 73,
	TALK = 74,
	BUG = 81,
	TEXT = 82,
};

static void die(int code) __attribute__((noreturn));
static void refuse(char class, const char *what, const char *text)
    __attribute__((noreturn));

static void
die(int code)
{
	_exit(code);
}

static void
on_alarm(int sig)
{
	(void)sig;
	die(TIMEOUT);
}

static void
on_bug(int sig)
{
	(void)sig;
	die(BUG);
}

static void
catch_signals(void)
{
	signal(SIGPIPE, SIG_IGN);
	signal(SIGALRM, on_alarm);
#ifndef DRAY_SANITIZE
	signal(SIGILL, on_bug);
	signal(SIGABRT, on_bug);
	signal(SIGFPE, on_bug);
	signal(SIGBUS, on_bug);
	signal(SIGSEGV, on_bug);
#else
	(void)on_bug;
#endif
	alarm(PATIENCE);
}

/*
 * Whoever does not know of code 82 may have anything on descriptor 6, which
 * must not be written into: only a pipe open for writing is taken for it.
 */
static int
errfd_ok(void)
{
	struct stat st;
	int flags = fcntl(ERRFD, F_GETFL);

	return flags != -1 && (flags & O_ACCMODE) != O_RDONLY &&
	    fstat(ERRFD, &st) == 0 && S_ISFIFO(st.st_mode);
}

/* class: D permanent, Z temporary. */
static void
refuse(char class, const char *what, const char *text)
{
	char line[600];
	int n;

	if (!errfd_ok())
		die(class == 'D' ? REFUSED : TEMP_REFUSED);
	n = snprintf(line, sizeof line, "%c%.300s%s%.260s", class, what,
	    what[0] ? ": " : "", text);
	chars_mask(line);
	if (write(ERRFD, line, (size_t)n) != n)
		die(class == 'D' ? REFUSED : TEMP_REFUSED);
	die(TEXT);
}

static void
read_message(struct input *in)
{
	if (input_read(in, 0, 0, MESSAGEMAX) == 0)
		return;
	switch (in->kind) {
	case INPUT_BAD:
		refuse('D', "", in->failed);
	case INPUT_READ:
		die(READ);
	case INPUT_NOMEM:
		die(NOMEM);
	case INPUT_WRITE:
		break;
	}
	die(WRITE);
}

static void
check_address(const char *s)
{
	struct addr a;

	if (addr_split(s, strlen(s), &a) == 0)
		return;
	if (errno == ENAMETOOLONG)
		die(ADDRESS_LONG);
	refuse('D', s,
	    errno == EILSEQ
		? "an address with octets that are neither printable nor UTF-8"
		: "not an address");
}

static void
read_envelope(struct envelope *e)
{
	const char *s;
	size_t n;
	uint32_t i;
	int code;

	code = envelope_read(e, 1, RCPTMAX);
	if (code == REFUSED)
		refuse('D', "", "too many recipients");
	if (code)
		die(code);
	n = strlen(e->sender);
	if (!strcmp(e->sender, "#@[]"))
		e->sender = ""; /* qmail's sender of a double bounce */
	else if (n > 4 && !strcmp(e->sender + n - 4, "-@[]"))
		refuse('D', e->sender, "no such VERP here");
	else if (n)
		check_address(e->sender);
	for (i = 0, s = e->rcpts; i < e->n; i++, s += strlen(s) + 1)
		check_address(s);
}

static struct queueclient *
connect_queue(const char *base)
{
	struct queueclient *q;
	struct stat st;
	char path[BASE_PATHMAX];

	base_path(path, base, "sock/queue");
	q = queueclient_open(path);
	if (!q)
		die(stat(base, &st) == -1 ? NO_BASE : CONNECT);
	return q;
}

struct out {
	struct queueclient *q;
	int refused; /* the verdict is there before the end */
};

static int
out_put(void *arg, const char *s, size_t n)
{
	struct out *o = arg;

	if (o->refused || queueclient_data(o->q, s, n) == 0)
		return 0;
	if (errno != EPIPE)
		die(TALK);
	o->refused = 1;
	return 0;
}

static void
put_received(const struct recode_out *to)
{
	char s[128], date[64];
	time_t now = time(NULL);
	struct tm tm;

	if (!gmtime_r(&now, &tm) ||
	    !strftime(date, sizeof date, "%d %b %Y %H:%M:%S -0000", &tm))
		die(BUG);
	snprintf(s, sizeof s,
	    "Received: (dray-queue %ld invoked by uid %lu); %s\r\n",
	    (long)getpid(), (unsigned long)getuid(), date);
	to->put(to->arg, s, strlen(s));
}

static void
hand_over(struct out *o, const struct envelope *e, const struct input *in)
{
	struct queueclient_msg m = { .sender = e->sender };
	struct recode_out to = { out_put, o };
	const char *s = e->rcpts;
	uint32_t i;

	m.stream = m.route = m.tenant = m.campaign = m.envid = "";
	if (queueclient_start(o->q, &m) == -1)
		die(TALK);
	for (i = 0; i < e->n && !o->refused; i++, s += strlen(s) + 1)
		if (queueclient_rcpt(o->q, s, strlen(s), 0, "") == -1) {
			if (errno != EPIPE)
				die(TALK);
			o->refused = 1;
		}
	put_received(&to);
	recode_clean(&to, in->s, in->n);
}

int
main(int argc, char **argv)
{
	const char *base = base_default();
	struct queueclient_verdict v;
	static struct envelope e;
	static struct input in;
	static struct out o;

	(void)argv;
	PROG = "dray-queue";
	if (argc != 1)
		strerr_dieusage(100, USAGE);
	catch_signals();
	read_message(&in);
	read_envelope(&e);
	if (!e.n)
		return 0; /* to nobody: qmail-queue takes that */
	o.q = connect_queue(base);
	hand_over(&o, &e, &in);
	if (queueclient_end(o.q, &v) == -1)
		die(TALK);
	if (v.code != 'A')
		refuse(v.code == 'P' ? 'D' : 'Z', v.status, v.text);
	return 0;
}
