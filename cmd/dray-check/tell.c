#include <stdio.h>
#include <string.h>
#include <time.h>

#include <skalibs/stralloc.h>
#include <skalibs/strerr.h>

#include "cmd/dray-check/tell.h"
#include "common/base.h"
#include "common/maildate.h"
#include "common/mem.h"
#include "common/queueclient.h"

static void
put(stralloc *sa, const char *s)
{
	mem_check(stralloc_cats(sa, s));
}

static void
put_header(stralloc *sa, const struct policy *p, const char *subject)
{
	time_t now = time(NULL);
	struct policy_notices n;
	char b[MAILDATE_MAX];
	struct policy_node node;

	policy_notices(p, &n);
	policy_node(p, &node);
	put(sa, "From: ");
	put(sa, n.from_name);
	put(sa, " <");
	put(sa, n.from);
	put(sa, ">\r\nTo: <");
	put(sa, node.postmaster);
	put(sa, ">\r\nSubject: ");
	put(sa, subject);
	if (maildate(b, now) == 0) {
		put(sa, "\r\nDate: ");
		put(sa, b);
	}
	snprintf(b, sizeof b, "%lld", (long long)now);
	put(sa, "\r\nMessage-ID: <dnsbl.");
	put(sa, b);
	put(sa, "@");
	put(sa, node.hostname);
	put(sa,
	    ">\r\nAuto-Submitted: auto-generated\r\n"
	    "MIME-Version: 1.0\r\n"
	    "Content-Type: text/plain; charset=us-ascii\r\n\r\n");
}

static void
put_lines(
    stralloc *sa, const struct listings *l, int fresh, const char *headline)
{
	const struct listing *x;
	char b[64];
	size_t i, n = 0;

	for (i = 0; i < l->n; i++) {
		x = &l->v[i];
		if (fresh && !x->fresh)
			continue;
		if (!n)
			put(sa, headline);
		if (n++ >= TELL_LINES)
			continue;
		put(sa, "    ");
		put(sa, x->name);
		put(sa, "\r\n        ");
		put(sa, x->zone);
		put(sa, " (");
		put(sa, x->code);
		put(sa, ")\r\n");
	}
	if (n > TELL_LINES) {
		snprintf(b, sizeof b, "    and %zu more\r\n", n - TELL_LINES);
		put(sa, b);
	}
	if (n)
		put(sa, "\r\n");
}

static int
send_it(const char *base, const char *to, const stralloc *sa)
{
	const struct queueclient_msg m = { .sender = "",
		.stream = "notices",
		.route = "",
		.tenant = "",
		.campaign = "",
		.envid = "" };
	struct queueclient_verdict v;
	char path[BASE_PATHMAX];
	struct queueclient *q;
	int r;

	base_path(path, base, "sock/queue");
	q = queueclient_open(path);
	if (!q)
		return -1;
	r = queueclient_start(q, &m) == -1 ||
		queueclient_rcpt(q, to, strlen(to), 0, "") == -1 ||
		queueclient_data(q, sa->s, sa->len) == -1 ||
		queueclient_end(q, &v) == -1 || v.code == 'T'
	    ? -1
	    : 0;
	if (r == 0 && v.code == 'P')
		strerr_warnw("dray-queued refuses a notice: ", v.text);
	queueclient_close(q);
	return r;
}

static int
has_fresh(const struct listings *l)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		if (l->v[i].fresh)
			return 1;
	return 0;
}

int
tell(const char *base, const struct policy *p, const struct listings *now,
    const struct listings *gone)
{
	stralloc sa = STRALLOC_ZERO;
	struct policy_node node;
	int r;

	policy_node(p, &node);
	put_header(&sa, p,
	    has_fresh(now) ? "on a blocklist" : "on a blocklist no more");
	put_lines(&sa, now, 1, "This is on a blocklist now:\r\n\r\n");
	put_lines(&sa, gone, 0, "This is on that blocklist no more:\r\n\r\n");
	put(&sa, "How to get off a list, its operator says.\r\n");
	r = send_it(base, node.postmaster, &sa);
	stralloc_free(&sa);
	if (r == -1)
		strerr_warnwusys("queue a notice, the next run tries again");
	return r;
}
