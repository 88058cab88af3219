#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <skalibs/stralloc.h>
#include <skalibs/strerr.h>

#include "cmd/dray-tune/tell.h"
#include "cmd/dray-tune/tune.h"
#include "common/base.h"
#include "common/mem.h"
#include "common/queueclient.h"

#define PAUSE 60000 /* milliseconds until dray-queued is tried again */

static struct override waits[TELL_MAX];
static unsigned int nwaits;
static uint64_t again;
static char path[BASE_PATHMAX];

void
tell_start(const char *base)
{
	base_path(path, base, "sock/queue");
}

void
tell_add(const struct override *o)
{
	if (nwaits < TELL_MAX)
		waits[nwaits++] = *o;
}

static void
put(stralloc *sa, const char *s)
{
	mem_check(stralloc_cats(sa, s));
}

static void
put_line(stralloc *sa, const char *name, const char *s)
{
	if (!*s)
		return;
	put(sa, name);
	put(sa, s);
	put(sa, "\r\n");
}

/* As put in a header, and as printable ASCII. */
static void
put_plain(stralloc *sa, const char *s)
{
	char c;

	for (; *s; s++) {
		c = (char)(*s >= ' ' && *s <= '~' ? *s : '?');
		mem_check(stralloc_append(sa, c));
	}
}

static void
put_header(stralloc *sa, const struct override *o)
{
	const struct policy_notices *n = &self.notices;
	char date[64] = "";
	time_t t = (time_t)o->created;
	struct tm tm;

	if (gmtime_r(&t, &tm))
		strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S +0000", &tm);
	put(sa, "From: ");
	put(sa, n->from_name);
	put(sa, " <");
	put(sa, n->from);
	put(sa, ">\r\nTo: <");
	put(sa, self.node.postmaster);
	put(sa, ">\r\nSubject: stopped: ");
	override_text(sa, o);
	put(sa, "\r\nDate: ");
	put(sa, date);
	put(sa, "\r\nMessage-ID: <");
	put(sa, o->id);
	snprintf(date, sizeof date, ".%llu@", (unsigned long long)o->created);
	put(sa, date);
	put(sa, self.node.hostname);
	put(sa,
	    ">\r\nAuto-Submitted: auto-generated\r\n"
	    "MIME-Version: 1.0\r\n"
	    "Content-Type: text/plain; charset=us-ascii\r\n\r\n");
}

static void
put_body(stralloc *sa, const struct override *o)
{
	put(sa, "Mail was stopped because of what became of it:\r\n\r\n    ");
	override_text(sa, o);
	put(sa, "\r\n\r\n");
	put(sa, o->reason);
	put(sa, ".\r\n\r\n");
	if (*o->reply) {
		put(sa, "The last reply that counted was\r\n\r\n    ");
		put_plain(sa, o->reply);
		put(sa, "\r\n\r\n");
	}
	put(sa,
	    o->expires ? "It is let go by itself after a while; before "
			 "that it is by\r\n"
			 "\r\n    dray-ctl cancel --override "
		       : "It waits in the queue, and its lifetime goes "
			 "on, until somebody says\r\n"
			 "\r\n    dray-ctl cancel --override ");
	put_line(sa, "", o->id);
	put(sa, "\r\n");
}

static int
send_one(struct queueclient *q, const struct override *o)
{
	const struct queueclient_msg m = { .sender = "",
		.stream = "notices",
		.route = "",
		.tenant = "",
		.campaign = "",
		.envid = "" };
	const char *to = self.node.postmaster;
	struct queueclient_verdict v;
	stralloc sa = STRALLOC_ZERO;
	int r;

	put_header(&sa, o);
	put_body(&sa, o);
	r = queueclient_start(q, &m) == -1 ||
		queueclient_rcpt(q, to, strlen(to), 0, "") == -1 ||
		queueclient_data(q, sa.s, sa.len) == -1 ||
		queueclient_end(q, &v) == -1 || v.code == 'T'
	    ? -1
	    : 0;
	if (r == 0 && v.code == 'P')
		strerr_warnw("dray-queued refuses a notice: ", v.text);
	stralloc_free(&sa);
	return r;
}

static int
send_all(void)
{
	struct queueclient *q = queueclient_open(path);
	int r = 0;

	if (!q)
		return -1;
	while (nwaits && (r = send_one(q, &waits[0])) == 0)
		memmove(waits, waits + 1, --nwaits * sizeof *waits);
	queueclient_close(q);
	return r;
}

int
tell_turn(void)
{
	if (nwaits && self.now >= again && send_all() == -1) {
		strerr_warnwusys("queue a notice, trying again later");
		again = self.now + PAUSE;
	}
	return nwaits ? (int)(again - self.now) : -1;
}
