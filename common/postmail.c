#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <skalibs/strerr.h>

#include "common/maildate.h"
#include "common/mem.h"
#include "common/postmail.h"

static void
put(stralloc *sa, const char *s)
{
	mem_check(stralloc_cats(sa, s));
}

void
postmail_head(stralloc *sa, const struct policy *p, const char *subject,
    const char *what, time_t when)
{
	struct policy_notices n;
	struct policy_node node;
	char b[MAILDATE_MAX];

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
	if (maildate(b, when) == 0) {
		put(sa, "\r\nDate: ");
		put(sa, b);
	}
	put(sa, "\r\nMessage-ID: <");
	put(sa, what);
	snprintf(b, sizeof b, ".%lld@", (long long)when);
	put(sa, b);
	put(sa, node.hostname);
	put(sa,
	    ">\r\nAuto-Submitted: auto-generated\r\n"
	    "MIME-Version: 1.0\r\n"
	    "Content-Type: text/plain; charset=us-ascii\r\n\r\n");
}

int
postmail_queue(
    struct queueclient *q, const struct policy *p, const char *s, size_t n)
{
	const struct queueclient_msg m = { .sender = "",
		.stream = "notices",
		.route = "",
		.tenant = "",
		.campaign = "",
		.envid = "" };
	struct queueclient_verdict v;
	struct policy_node node;
	const char *to = node.postmaster;

	policy_node(p, &node);
	if (queueclient_start(q, &m) == -1 ||
	    queueclient_rcpt(q, to, strlen(to), 0, "") == -1 ||
	    queueclient_data(q, s, n) == -1 || queueclient_end(q, &v) == -1)
		return -1;
	if (v.code == 'T') {
		errno = EAGAIN;
		return -1;
	}
	if (v.code == 'P')
		strerr_warnw("dray-queued refuses a notice: ", v.text);
	return 0;
}
