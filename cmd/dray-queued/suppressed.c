#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <skalibs/strerr.h>

#include "cmd/dray-queued/queued.h"
#include "common/base.h"
#include "common/dir.h"
#include "common/keyhash.h"
#include "common/mem.h"
#include "common/origin.h"
#include "common/suppress.h"

/*
 * dray-send looks when a message leaves, and is right then.  Here it is looked
 * for what can be told at once: how many of a campaign get nothing, and that a
 * message would reach nobody.
 */
static struct suppress *list;
static struct token_keys keys = { .first = -1 };
static char keypath[BASE_PATHMAX];
static ev_io watch;

static void
refresh(void)
{
	if (keys.first == -1)
		(void)!token_load_keys(&keys, keypath);
	if (suppress_refresh(list) == -1)
		strerr_warnwusys("read the suppression list");
}

static void
on_change(struct ev_loop *loop, ev_io *w, int revents)
{
	(void)loop;
	(void)revents;
	dir_watch_clear(w->fd);
	refresh();
}

/* What is missing is dray-send's to say. */
void
suppressed_start(struct queued *q, const char *base)
{
	char path[BASE_PATHMAX];
	int fd, dir;

	keyhash_start();
	base_path(keypath, base, "keys/token");
	base_path(path, base, "suppress");
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	fd = dir == -1 ? -1 : suppress_watch(path);
	if (fd != -1)
		list = suppress_open(dir, 0);
	if (!list) {
		if (fd != -1)
			close(fd);
		if (dir != -1)
			close(dir);
		return;
	}
	refresh();
	ev_io_init(&watch, on_change, fd, EV_READ);
	ev_io_start(q->loop, &watch);
}

static int
is_any(void *arg, const struct suppress_entry *e)
{
	(void)arg;
	(void)e;
	return 1;
}

/* Which of his entries count is known at the end. */
void
suppressed_rcpt(struct message *g, const char *local, size_t n,
    const char *domain, size_t m)
{
	unsigned char address[TOKEN_ADDRESS];

	if (!list || keys.first == -1 || suppress_empty(list) ||
	    g->m.meta.flags & BUNDLE_NOTICE)
		return;
	token_address(&keys, local, n, domain, m, address);
	if (suppress_each(list, address, is_any, NULL) == 1)
		mem_check(stralloc_catb(
		    &g->listed, (const char *)address, sizeof address));
}

static void
find_list(const struct message *g, unsigned char d[TOKEN_CAMPAIGN])
{
	const struct policy *p = &g->client->q->policy;
	struct policy_sender s;
	struct origin o;
	size_t n;
	const char *t = bundlemake_get(&g->m, BUNDLEMAKE_BODYHASH, &n);

	if (origin_get(&o, t, n) == -1 ||
	    policy_sender(p, o.from, o.from_len, &s) != 1)
		s.list_id[0] = '\0';
	t = bundlemake_get(&g->m, BUNDLEMAKE_CAMPAIGN, &n);
	token_list(&keys, s.list_id, t, n, d);
}

static uint32_t
count(const struct message *g, const struct policy_stream *st)
{
	struct suppress_query q;
	struct suppress_entry e;
	uint32_t found = 0;
	size_t i;

	find_list(g, q.list);
	q.tenant = bundlemake_get(&g->m, BUNDLEMAKE_TENANT, &q.tenant_len);
	q.stream = st->name;
	q.stream_len = strlen(st->name);
	q.reasons = suppress_mask(st);
	for (i = 0; i < g->listed.len; i += TOKEN_ADDRESS) {
		memcpy(q.address, g->listed.s + i, TOKEN_ADDRESS);
		found += suppress_lookup(list, &q, &e) == 1;
	}
	return found;
}

/* Who would get a notice that nobody was reached is told so at once. */
void
suppressed_end(struct message *g, const struct policy_stream *st)
{
	if (!g->listed.len)
		return;
	g->suppressed = count(g, st);
	if (!g->campaign && st->suppressed_notice &&
	    g->suppressed == g->m.nrcpt)
		message_refuse(g, '5', "5.7.1",
		    g->suppressed > 1
			? "all recipients are on the suppression list"
			: "the recipient is on the suppression list");
}
