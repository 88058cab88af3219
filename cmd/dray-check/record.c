#include <skalibs/strerr.h>

#include "cmd/dray-check/record.h"
#include "common/json.h"
#include "common/logclient.h"
#include "common/loghead.h"

static struct policy_node node;
static struct logclient client;

static void
add(const struct policy *p, const struct listing *x, const char *state)
{
	static stralloc line;

	loghead(
	    &line, "Blocklist", loghead_now(), node.hostname, p->generation);
	json_text(&line, "state", state);
	json_text(&line, x->isdomain ? "domain" : "address", x->name);
	json_text(&line, "blocklist", x->zone);
	json_text(&line, "answer", x->code);
	if (*x->text)
		json_text(&line, "reason", x->text);
	json_time(&line, "since", x->since * 1000000);
	json_line(&line);
	if (!logclient_add(&client, line.s, line.len))
		strerr_dief(101, "an event line is malformed");
}

static void
add_all(const struct policy *p, const struct listings *l, const char *state)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		add(p, &l->v[i], state);
}

int
record(const struct policy *p, const struct listings *now,
    const struct listings *gone, const struct listings *forgotten)
{
	size_t i;
	int r;

	policy_node(p, &node);
	logclient_init(&client, "sock/log");
	for (i = 0; i < now->n; i++)
		if (now->v[i].fresh)
			add(p, &now->v[i], "listed");
	add_all(p, gone, "delisted");
	add_all(p, forgotten, "forgotten");
	r = logclient_wait(&client, RECORD_MS);
	if (r == -1)
		strerr_warnwusys("reach dray-log, what changed is missing in "
				 "the log");
	logclient_free(&client);
	return r;
}
