#include <string.h>
#include <time.h>

#include <skalibs/stralloc.h>
#include <skalibs/strerr.h>

#include "cmd/dray-tune/tell.h"
#include "cmd/dray-tune/tune.h"
#include "common/base.h"
#include "common/chars.h"
#include "common/mem.h"
#include "common/postmail.h"

#define PAUSE 60000 /* milliseconds until dray-queued is tried again */

static struct override waits[TELL_MAX];
static unsigned int nwaits;
static uint64_t again;
static char path[BASE_PATHMAX];

void
tell_start(const char *base)
{
	tzset(); /* shut in it finds no file */
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

static void
put_header(stralloc *sa, const struct override *o)
{
	stralloc subject = STRALLOC_ZERO;

	put(&subject, "stopped: ");
	override_text(&subject, o);
	mem_check(stralloc_0(&subject));
	postmail_head(sa, &self.policy, subject.s, o->id, (time_t)o->created);
	stralloc_free(&subject);
}

static void
put_body(stralloc *sa, const struct override *o)
{
	char reply[sizeof o->reply];

	put(sa, "Mail was stopped because of what became of it:\r\n\r\n    ");
	override_text(sa, o);
	put(sa, "\r\n\r\n");
	put(sa, o->reason);
	put(sa, ".\r\n\r\n");
	if (*o->reply) {
		put(sa, "The last reply that counted was\r\n\r\n    ");
		memcpy(reply, o->reply, sizeof reply);
		chars_mask(reply);
		put(sa, reply);
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
	stralloc sa = STRALLOC_ZERO;
	int r;

	put_header(&sa, o);
	put_body(&sa, o);
	r = postmail_queue(q, &self.policy, sa.s, sa.len);
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
