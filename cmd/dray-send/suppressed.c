#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <skalibs/strerr.h>

#include "cmd/dray-send/signer.h"
#include "cmd/dray-send/stream.h"
#include "cmd/dray-send/suppressed.h"
#include "common/base.h"
#include "common/dir.h"
#include "common/notice.h"

#define AGAIN 1.0 /* seconds until it is looked at again after trouble */
#define WORDS 512

static struct suppress *list;
static ev_io watch;
static ev_timer retry;

/* What was there stays in force if what comes cannot be read. */
static void
refresh(void)
{
	if (suppress_refresh(list) != -1)
		return;
	strerr_warnwusys("read the suppression list, trying again");
	ev_timer_set(&retry, AGAIN, 0);
	ev_timer_start(self.loop, &retry);
}

static void
on_retry(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)w;
	(void)revents;
	refresh();
}

static void
on_change(struct ev_loop *loop, ev_io *w, int revents)
{
	(void)loop;
	(void)revents;
	dir_watch_clear(w->fd);
	refresh();
}

/* Watched before it is read, so that nothing is missed. */
void
suppressed_start(void)
{
	char path[BASE_PATHMAX];
	int fd, dir;

	base_path(path, self.base, "suppress");
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	fd = dir == -1 ? -1 : suppress_watch(path);
	if (fd == -1) {
		strerr_warnwusys("follow the suppression list ", path,
		    ", nobody is on it; run dray-setup");
		if (dir != -1)
			close(dir);
		return;
	}
	list = suppress_open(dir, 0);
	if (!list)
		strerr_diefusys(111, "read the suppression list ", path);
	ev_io_init(&watch, on_change, fd, EV_READ);
	ev_io_start(self.loop, &watch);
	ev_timer_init(&retry, on_retry, AGAIN, 0);
}

/* Who could be mailed, for all that the message says, and what of the list
 * counts for it. */
static int
ask(const struct open *o, const struct bundle_msg *m, struct suppress_query *q)
{
	if (!signer_list(o, m, q->list))
		return 0;
	q->tenant = m->tenant.s;
	q->tenant_len = m->tenant.len;
	q->stream = m->stream.s;
	q->stream_len = m->stream.len;
	q->reasons = stream_suppresses(&m->stream);
	return q->reasons != 0;
}

int
suppressed_rcpt(const struct open *o, const struct bundle_msg *m,
    const struct bundle_str *local, const struct bundle_str *domain,
    struct suppress_entry *e_r)
{
	struct suppress_query q;

	if (!list || suppress_empty(list) || !ask(o, m, &q))
		return 0;
	signer_address(local, domain, q.address);
	if (suppress_lookup(list, &q, e_r) == 1)
		return 1;
	return 0;
}

int
suppressed_job(const struct job *j)
{
	const struct dest *d = run_dest(run_at(j->run));
	const struct bundle_str domain = { d->name, d->len };
	struct suppress_entry e;
	struct bundle_rcpt p;
	struct bundle_msg m;
	struct field f;

	if (!list || suppress_empty(list) ||
	    bundle_msg(&j->open->b, run_msg(run_at(j->run))->number, &m) == -1)
		return 0;
	field_start(&f, j->rcpts.s, j->rcpts.len);
	while (bundle_rcpt(&f, &p) == 1)
		if (suppressed_rcpt(j->open, &m, &p.local, &domain, &e))
			return 1;
	return 0;
}

/* A name that was chosen by whoever added the entry is for the log alone. */
static void
words(const struct suppress_entry *e, char d[WORDS])
{
	static const char *const scopes[] = { "", ", for this tenant",
		", for this list", ", for this stream" };

	snprintf(d, WORDS, "the recipient is on the suppression list: %s%s",
	    suppress_reason_name(e->reason), scopes[e->scope & 3]);
}

void
suppressed_settle(struct cut *c, const struct bundle_rcpt *p, uint16_t index,
    const struct suppress_entry *e)
{
	struct run *r = run_at(c->run);
	const struct dest *d = run_dest(r);
	const struct bundle_str domain = { d->name, d->len };
	char text[WORDS];
	struct reply reply = {
		.phase = '-', .status = { "5.7.1", 5 }, .text = { text, 0 }
	};
	struct attempt a = { .reply = &reply,
		.m = &c->m,
		.msgno = c->m.number,
		.first = c->first,
		.domain = &domain,
		.dest = d,
		.rcpt = p,
		.open = c->open,
		.entry = e };

	words(e, text);
	reply.text.len = strlen(text);
	self.count.suppressed++;
	self.careful = 1;
	event_attempt("AdminBounce", &a);
	if (stream_tells(&c->m.stream) && notice_owed(&a, NOTICE_FAILED)) {
		run_fly(r, 1);
		notice_add(&a, NOTICE_FAILED, c->run, c->first + index);
	} else {
		open_done(c->open, r, c->first + index);
	}
}
