#include <errno.h>
#include <poll.h>

#include <skalibs/strerr.h>

#include "cmd/dray-tune/line.h"
#include "cmd/dray-tune/tune.h"
#include "common/base.h"
#include "common/json.h"
#include "common/logclient.h"
#include "common/loghead.h"

static struct logclient client;
static char path[BASE_PATHMAX];
static uint64_t again; /* when dray-log is tried again */
static int told; /* that it is away */
static int full; /* and that lines are dropped */

void
line_start(const char *base)
{
	base_path(path, base, "sock/log");
	logclient_init(&client, path);
}

static void
put(stralloc *sa, const char *key, const char *s)
{
	if (*s)
		json_text(sa, key, s);
}

static void
make(stralloc *sa, const struct logevent *e, const struct suppress_entry *x,
    uint32_t n)
{
	struct policy_node node;

	policy_node(&self.policy, &node);
	loghead(sa, "Suppression", loghead_now(), node.hostname,
	    self.policy.generation);
	put(sa, "id", e->s[LOGEVENT_ID]);
	put(sa, "stream", e->s[LOGEVENT_STREAM]);
	put(sa, "tenant", e->s[LOGEVENT_TENANT]);
	put(sa, "campaign", e->s[LOGEVENT_CAMPAIGN]);
	put(sa, "recipient", e->s[LOGEVENT_RECIPIENT]);
	json_hex(sa, "address_hash", x->address, sizeof x->address);
	if (x->scope == SUPPRESS_LIST)
		json_hex(sa, "list_hash", x->list, sizeof x->list);
	put(sa, "class", e->s[LOGEVENT_CLASS]);
	put(sa, "blame", e->s[LOGEVENT_BLAME]);
	if (n)
		json_u64(sa, "failures", n);
	suppress_put(sa, x);
	json_line(sa);
}

void
line_add(const struct logevent *e, const struct suppress_entry *x, uint32_t n)
{
	static stralloc sa;

	if (logclient_backlog(&client) > LINE_BACKLOG) {
		if (!full++)
			strerr_warnw("dray-log is behind: who is given up "
				     "now is missing in the log");
		return;
	}
	full = 0;
	make(&sa, e, x, n);
	if (!logclient_add(&client, sa.s, sa.len))
		strerr_warnw("an event about who is given up is too long");
}

static void
lost(void)
{
	/* 0: closed by dray-log. */
	if (!errno)
		errno = ECONNRESET;
	if (!told++)
		strerr_warnwusys("reach dray-log, trying again");
	again = self.now + LOGCLIENT_PAUSE * 1000;
}

int
line_turn(short *events_r)
{
	int r = 1;

	if (logclient_backlog(&client) && self.now >= again) {
		if (logclient_connect(&client) == 1)
			r = logclient_flush(&client);
		else
			r = -1;
		if (r == -1)
			lost();
	}
	*events_r = (short)(r == 0 ? POLLIN | POLLOUT : POLLIN);
	return client.fd;
}

int
line_wait(void)
{
	if (!logclient_backlog(&client) || client.fd != -1)
		return -1;
	return self.now < again ? (int)(again - self.now) : 0;
}

void
line_read(void)
{
	int r = logclient_read(&client);

	if (r == -1)
		lost();
	else if (r == 1)
		told = 0;
}

void
line_end(void)
{
	if (logclient_wait(&client, LINE_LAST) == -1)
		strerr_warnwusys("log who was given up");
}
