#include <stdio.h>
#include <time.h>

#include <skalibs/stralloc.h>
#include <skalibs/strerr.h>

#include "cmd/dray-check/tell.h"
#include "common/base.h"
#include "common/mem.h"
#include "common/postmail.h"

static void
put(stralloc *sa, const char *s)
{
	mem_check(stralloc_cats(sa, s));
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
		if (*x->text) {
			put(sa, "        ");
			put(sa, x->text);
			put(sa, "\r\n");
		}
	}
	if (n > TELL_LINES) {
		snprintf(b, sizeof b, "    and %zu more\r\n", n - TELL_LINES);
		put(sa, b);
	}
	if (n)
		put(sa, "\r\n");
}

static int
queue(const char *base, const struct policy *p, const stralloc *sa)
{
	char path[BASE_PATHMAX];
	struct queueclient *q;
	int r;

	base_path(path, base, "sock/queue");
	q = queueclient_open(path);
	if (!q)
		return -1;
	r = postmail_queue(q, p, sa->s, sa->len);
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
	int r;

	postmail_head(&sa, p,
	    has_fresh(now) ? "on a blocklist" : "on a blocklist no more",
	    "dnsbl", time(NULL));
	put_lines(&sa, now, 1, "This is on a blocklist now:\r\n\r\n");
	put_lines(&sa, gone, 0, "This is on that blocklist no more:\r\n\r\n");
	put(&sa, "How to get off a list, its operator says.\r\n");
	r = queue(base, p, &sa);
	stralloc_free(&sa);
	if (r == -1)
		strerr_warnwusys("queue a notice, the next run tries again");
	return r;
}
