#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <skalibs/strerr.h>

#include "cmd/dray-bounce/take.h"
#include "common/addr.h"
#include "common/base.h"
#include "common/header.h"
#include "common/input.h"
#include "common/mem.h"
#include "common/queueclient.h"
#include "common/recode.h"

#define PATIENCE 600 /* seconds for a message */
#define MESSAGEMAX (UINT64_C(1) << 30) /* octets; the policy allows fewer */
#define FIELDS 1000 /* of its header */

/* Where mail systems leave the recipient of the envelope. */
static const char *const variables[] = { "ORIGINAL_RECIPIENT", "RECIPIENT" };
static const char *const fields[] = { "Delivered-To", "X-Original-To",
	"Envelope-To" };

struct out {
	struct queueclient *q;
	int refused; /* the verdict is there before the end */
};

static int
is_address(const char *s, size_t n)
{
	struct addr a;

	return n && addr_split(s, n, &a) == 0 && a.domain;
}

static void
add_to(struct take *t, const char *s, size_t n)
{
	size_t i;

	for (i = 0; i < t->nto; i++)
		if (strlen(t->to[i]) == n && !memcmp(t->to[i], s, n))
			return;
	if (t->nto == TAKE_TOS || !is_address(s, n))
		return;
	t->to[t->nto++] = mem_dup(s, n);
}

/* qmail's LOCAL has to be put together with its HOST. */
static void
from_environment(struct take *t)
{
	const char *local = getenv("LOCAL"), *host = getenv("HOST"), *s;
	char both[ADDR_MAX + 1];
	size_t i;
	int n;

	for (i = 0; i < sizeof variables / sizeof *variables; i++)
		if ((s = getenv(variables[i])))
			add_to(t, s, strlen(s));
	if (t->nto || !local || !host)
		return;
	n = snprintf(both, sizeof both, "%s@%s", local, host);
	if (n < 0 || (size_t)n >= sizeof both)
		return;
	add_to(t, both, strlen(both));
}

static void
from_field(struct take *t, const struct header_field *f)
{
	const char *s = f->value, *e = s + f->value_len;

	while (s < e && (*s == ' ' || *s == '\t' || *s == '<'))
		s++;
	while (e > s && (strchr(" \t\r\n>", e[-1])))
		e--;
	add_to(t, s, (size_t)(e - s));
}

static void
from_header(struct take *t, const char *s, size_t n)
{
	const char *end = s + n;
	struct header_field f;
	size_t i, k;

	for (i = 0; i < FIELDS && header_next(&s, end, &f); i++)
		for (k = 0; k < sizeof fields / sizeof *fields; k++)
			if (header_is(&f, fields[k]))
				from_field(t, &f);
}

static void
read_message(const struct take *t, struct input *in)
{
	if (input_read(in, t->fd, 0, MESSAGEMAX) == -1) {
		if (in->kind == INPUT_BAD)
			strerr_dief(100, t->name, ": ", in->failed);
		strerr_diefusys(111, "read ", t->name);
	}
	/* The line that a mailbox has in front of it. */
	if (in->n > 5 && !memcmp(in->s, "From ", 5)) {
		const char *s = header_nextline(in->s, in->s + in->n);

		in->n -= (size_t)(s - in->s);
		in->s = s;
	}
	if (!in->n)
		strerr_dief(100, t->name, ": there is no message");
}

static void
went_away(void)
{
	strerr_diefusys(111, "hand it to dray-bounce");
}

static int
out_put(void *arg, const char *s, size_t n)
{
	struct out *o = arg;

	if (o->refused || queueclient_data(o->q, s, n) == 0)
		return 0;
	if (errno != EPIPE)
		went_away();
	o->refused = 1;
	return 0;
}

static void
put_envelope(struct out *o, const struct take *t)
{
	const char *sender = getenv("SENDER");
	struct queueclient_msg m = { .flags = QUEUE_BROUGHT };
	size_t i;

	m.sender = sender && is_address(sender, strlen(sender)) ? sender : "";
	if (queueclient_start(o->q, &m) == -1)
		went_away();
	for (i = 0; i < t->nto && !o->refused; i++)
		if (queueclient_rcpt(o->q, t->to[i], strlen(t->to[i]), 0, "") ==
		    -1) {
			if (errno != EPIPE)
				went_away();
			o->refused = 1;
		}
}

static void
hand_over(struct take *t)
{
	struct queueclient_verdict v;
	struct out o = { NULL, 0 };
	struct recode_out to = { out_put, &o };
	char path[BASE_PATHMAX];
	struct input in;

	read_message(t, &in);
	if (!t->nto)
		from_header(t, in.s, in.n);
	base_path(path, t->base, "sock/returns");
	o.q = queueclient_open(path);
	if (!o.q)
		strerr_diefusys(111, "reach dray-bounce at ", path);
	put_envelope(&o, t);
	if (recode_needed(in.s, in.n))
		recode_wrap(&to, in.s, in.n);
	else
		recode_plain(&to, in.s, in.n);
	if (queueclient_end(o.q, &v) == -1)
		went_away();
	if (v.code != 'A')
		strerr_dief(v.code == 'P' ? 100 : 111, t->name, ": ", v.status,
		    " ", v.text);
}

int
take_one(const struct take *t)
{
	struct take own = *t;
	int status;
	pid_t pid;

	signal(
	    SIGCHLD, SIG_DFL); /* whoever started this may not want to know */
	pid = fork();
	if (pid == 0) {
		signal(SIGPIPE, SIG_IGN);
		signal(SIGALRM, SIG_DFL);
		alarm(PATIENCE);
		hand_over(&own);
		_exit(0);
	}
	if (pid == -1) {
		strerr_warnwusys("start a process");
		return TAKE_LATER;
	}
	while (waitpid(pid, &status, 0) == -1)
		if (errno != EINTR)
			return TAKE_LATER;
	if (!WIFEXITED(status))
		return TAKE_LATER;
	status = WEXITSTATUS(status);
	return status == 0 || status == 100 ? status : TAKE_LATER;
}

void
take_main(const char *base, const char *to)
{
	struct take t = { .base = base, .name = "standard input" };

	if (to)
		add_to(&t, to, strlen(to));
	else
		from_environment(&t);
	if (to && !t.nto)
		strerr_dief(100, to, " is not a mail address");
	_exit(take_one(&t));
}
