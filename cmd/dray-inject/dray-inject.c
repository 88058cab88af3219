/*
 * dray-inject - hand a message to the queue.  See dray-inject(1).
 *
 * Everything is read before dray-queued hears of it, and dray-queued keeps
 * nothing of a message whose end it has not seen: a run that is cut short, by
 * ^C or otherwise, queues nothing.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include <sodium.h>

#include "common/addr.h"
#include "common/input.h"
#include "common/queueclient.h"
#include "fields.h"
#include "message.h"
#include "options.h"
#include "rcpts.h"
#include "say.h"
#include "site.h"

#define PIECE 32768

/* Octets on their way to dray-queued. */
struct out {
	struct queueclient *q;
	int refused; /* the verdict is there before the end */
	size_t n;
	char s[PIECE];
};

static void
send_piece(struct out *o, const char *s, size_t n)
{
	if (o->refused || !n || queueclient_data(o->q, s, n) == 0)
		return;
	if (errno != EPIPE)
		say_die(
		    EX_TEMPFAIL, "dray-queued went away: %s", strerror(errno));
	o->refused = 1;
}

static int
out_put(void *arg, const char *s, size_t n)
{
	struct out *o = arg;

	if (n > PIECE - o->n) {
		send_piece(o, o->s, o->n);
		o->n = 0;
	}
	if (n >= PIECE) {
		send_piece(o, s, n);
		return 0;
	}
	memcpy(o->s + o->n, s, n);
	o->n += n;
	return 0;
}

/* The queue's listing is another program's, beside this one. */
static void
list(const char *base)
{
	char path[4096];
	char *slash;
	ssize_t n;

	n = readlink("/proc/self/exe", path, sizeof path - 16);
	if (n > 0) {
		path[n] = '\0';
		slash = strrchr(path, '/');
		memcpy(
		    slash ? slash + 1 : path, "dray-stat", sizeof "dray-stat");
		execl(path, "dray-stat", "-b", base, "-l", (char *)NULL);
	}
	execlp("dray-stat", "dray-stat", "-b", base, "-l", (char *)NULL);
	say_die(EX_UNAVAILABLE, "cannot run dray-stat: %s", strerror(errno));
}

static void
find_sender(
    const struct options *o, const struct site *site, char *d, size_t max)
{
	const char *s = o->sender;

	if (!s)
		site_user(site, d, max);
	else if (!s[0] || !strcmp(s, "<>"))
		d[0] = '\0';
	else if (rcpts_one(s, strlen(s), site->domain, d, max) == -1)
		say_die(EX_USAGE, "-f %.100s: not an address", s);
}

static void
find_rcpts(const struct options *o, const struct message *m, char **argv,
    struct rcpts *r)
{
	for (; *argv; argv++)
		rcpts_add(r, *argv, strlen(*argv), NULL);
	if (o->from_header)
		message_rcpts(m, r);
	if (!r->n)
		say_die(EX_USAGE,
		    o->from_header ? "no recipient in the header"
				   : "no recipient given");
	rcpts_settle(r);
}

static void
find_fullname(const struct options *o, char *d, size_t max)
{
	const char *p;

	if (!o->fullname)
		site_fullname(d, max);
	else if ((size_t)snprintf(d, max, "%s", o->fullname) >= max)
		say_die(EX_USAGE, "-F: over %zu octets", max - 1);
	for (p = d; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 127)
			say_die(EX_USAGE,
			    "the full name has a control "
			    "character");
}

static void
find_input(const struct options *o, const struct site *site, struct input *in)
{
	if (input_read(in, 0, !o->ignore_dot, site->max_message) == 0)
		return;
	if (errno == EFBIG)
		say_die(EX_DATAERR, "%s: over %llu octets", in->failed,
		    (unsigned long long)site->max_message);
	if (errno == EILSEQ)
		say_die(EX_DATAERR, "%s", in->failed);
	say_die(EX_OSERR, "%s: %s", in->failed, strerror(errno));
}

static const char *
either(const char *a, const char *b)
{
	return a[0] ? a : b;
}

static void
start(struct queueclient *q, const struct options *o, const char *sender,
    const struct settings *header, const struct rcpts *r)
{
	const struct settings *s = &o->settings;
	struct queueclient_msg m = { .sender = sender };
	uint32_t i;
	int e = 0;

	m.stream = either(s->stream, header->stream);
	m.route = either(s->route, header->route);
	m.campaign = either(s->campaign, header->campaign);
	m.tenant = either(s->tenant, header->tenant);
	m.lifetime = s->lifetime ? s->lifetime : header->lifetime;
	m.envid = o->envid;
	m.ret = o->ret;
	if (queueclient_start(q, &m) == -1)
		e = errno;
	for (i = 0; i < r->n && !e; i++)
		if (queueclient_rcpt(
			q, r->list[i], strlen(r->list[i]), o->notify, "") == -1)
			e = errno;
	if (e && e != EPIPE)
		say_die(EX_TEMPFAIL, "dray-queued went away: %s", strerror(e));
}

static int
code_of(const struct queueclient_verdict *v)
{
	if (v->code != 'P')
		return EX_TEMPFAIL;
	if (!strcmp(v->status, "5.1.2"))
		return EX_NOHOST;
	if (!strncmp(v->status, "5.1.", 4))
		return EX_NOUSER;
	if (!strcmp(v->status, "5.3.4") || !strncmp(v->status, "5.6.", 4))
		return EX_DATAERR;
	return EX_UNAVAILABLE;
}

/*
 * From the end of the message on it may be queued, so a signal must no longer
 * end this with a lie.
 */
static void
finish(struct queueclient *q, int print_id)
{
	struct queueclient_verdict v;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	if (queueclient_end(q, &v) == -1)
		say_die(EX_TEMPFAIL,
		    "no word from dray-queued, the message "
		    "may or may not be queued: %s",
		    strerror(errno));
	if (v.code != 'A')
		say_die(code_of(&v), "%s %s", v.status, v.text);
	/* It is queued all the same: a failure would have it sent again. */
	if (print_id && (puts(v.id) == EOF || fflush(stdout) == EOF))
		fprintf(stderr,
		    "dray-inject: warning: queued as %s, but standard output "
		    "cannot be written\n",
		    v.id);
}

static struct queueclient *
connect_queue(const char *base)
{
	struct queueclient *q;
	char path[4096];

	if ((size_t)snprintf(path, sizeof path, "%s/sock/queue", base) >=
	    sizeof path)
		say_die(EX_USAGE, "the name of the base directory is too long");
	q = queueclient_open(path);
	if (!q)
		say_die(EX_TEMPFAIL, "cannot reach dray-queued at %.200s: %s",
		    path, strerror(errno));
	return q;
}

static void
inject(const struct options *o, char **argv)
{
	static struct out out;
	struct recode_out to = { out_put, &out };
	struct message_add a;
	struct message m;
	static struct input in;
	static struct rcpts r;
	struct site site;
	char sender[ADDR_MAX + 1], from[ADDR_MAX + 1], name[FIELDS_NAMEMAX];

	site_load(&site, o->base);
	r.domain = site.domain;
	r.max = site.max_recipients;
	find_sender(o, &site, sender, sizeof sender);
	find_fullname(o, name, sizeof name);
	find_input(o, &site, &in);
	message_read(&m, in.s, in.n);
	find_rcpts(o, &m, argv, &r);
	if (sender[0])
		memcpy(from, sender, sizeof from);
	else
		site_user(&site, from, sizeof from);
	a.from = from;
	a.fullname = name;
	a.right = strrchr(from, '@') + 1;
	a.now = time(NULL);
	out.q = connect_queue(o->base);
	start(out.q, o, sender, &m.settings, &r);
	message_write(&m, &a, &to);
	send_piece(&out, out.s, out.n);
	finish(out.q, o->print_id);
}

int
main(int argc, char **argv)
{
	struct options o;
	int i;

	i = options_parse(&o, argc, argv);
	if (o.mode == OPTIONS_LIST)
		list(o.base);
	if (o.mode == OPTIONS_NOTHING)
		return 0;
	if (argc - i == 0 && !o.from_header)
		say_die(EX_USAGE, "no recipient given");
	if (sodium_init() == -1)
		say_die(EX_SOFTWARE, "cannot start libsodium");
	signal(SIGPIPE, SIG_IGN);
	inject(&o, argv + i);
	return 0;
}
