#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <skalibs/strerr.h>

#include "cmd/dray-send/send.h"
#include "common/json.h"
#include "common/mem.h"

#define HEADER_MAX 16384 /* octets of the message that go along */
#define NOTICES_MAX (1u << 20) /* octets in one file */

/*
 * A failed recipient whose sender is owed a notice is done only once the
 * notice waits on disk.  Until then it counts as flying.
 */
struct held {
	struct open *open;
	uint32_t run;
	uint32_t rcpt;
};

struct helds {
	struct held *h;
	size_t n, room;
};

static struct helds coming, writing;
static stralloc text; /* of those that are coming */
/* The message of the last record: its header stands there once. */
static struct {
	const struct open *open;
	uint32_t msg;
} last;
static stralloc sent; /* of those that are being written */

/* RFC 3461 4.1 and RFC 5321 4.5.5: never for the null path, nor against the
 * recipient's wish. */
int
notice_owed(const struct bundle_msg *m, const struct bundle_rcpt *p)
{
	if (m->sender.len == 0)
		return 0;
	return p->notify == 0 || (p->notify & BUNDLE_FAILURE) != 0;
}

static void
put(stralloc *sa, const char *key, const struct bundle_str *s)
{
	json_str(sa, key, s->s, s->len);
}

/* The header of the message, as far as it fits: the octets may be gone when
 * the notice is made. */
static void
put_header(stralloc *sa, const struct open *o, const struct bundle_msg *m)
{
	char b[HEADER_MAX];
	size_t n = m->stored < sizeof b ? (size_t)m->stored : sizeof b;
	ssize_t r = pread(o->fd, b, n, (off_t)m->offset);
	char *end;

	if (r <= 0)
		return;
	end = memmem(b, (size_t)r, "\r\n\r\n", 4);
	json_str(sa, "header", b, end ? (size_t)(end + 2 - b) : (size_t)r);
}

static void
put_record(const struct open *o, const struct bundle_msg *m,
    const struct bundle_rcpt *p, const struct bundle_str *domain,
    const struct reply *reply, const char *host)
{
	char id[SPOOL_MSGIDMAX + 1], phase[2] = { (char)reply->phase, '\0' };
	stralloc rcpt = STRALLOC_ZERO;

	snprintf(id, sizeof id, "%s-%u", o->b.id, m->number);
	mem_check(stralloc_copyb(&rcpt, p->local.s, p->local.len) &&
	    stralloc_append(&rcpt, '@') &&
	    stralloc_catb(&rcpt, domain->s, domain->len));
	json_open(&text);
	json_text(&text, "id", id);
	put(&text, "sender", &m->sender);
	json_str(&text, "recipient", rcpt.s, rcpt.len);
	json_u64(&text, "arrival", m->arrival);
	json_u64(&text, "failed", (uint64_t)(ev_now(self.loop) * 1e6));
	json_u64(&text, "code", reply->code);
	json_text(&text, "phase", phase);
	put(&text, "status", &reply->status);
	put(&text, "text", &reply->text);
	json_text(&text, "host", host);
	put(&text, "envid", &m->envid);
	json_str(&text, "ret", (const char *)&m->ret, m->ret ? 1 : 0);
	json_u64(&text, "notify", p->notify);
	put(&text, "orcpt", &p->orcpt);
	put(&text, "stream", &m->stream);
	put(&text, "route", &m->route);
	put(&text, "tenant", &m->tenant);
	put(&text, "campaign", &m->campaign);
	if (last.open != o || last.msg != m->number)
		put_header(&text, o, m);
	last.open = o;
	last.msg = m->number;
	json_line(&text);
	stralloc_free(&rcpt);
}

void
notice_add(struct open *o, uint32_t run, uint32_t rcpt,
    const struct bundle_msg *m, const struct bundle_rcpt *p,
    const struct bundle_str *domain, const struct reply *reply,
    const char *host)
{
	if (coming.n == coming.room) {
		coming.room = coming.room ? coming.room * 2 : 64;
		coming.h = mem_grow(coming.h, coming.room, sizeof *coming.h);
	}
	open_hold(o);
	coming.h[coming.n++] = (struct held){ o, run, rcpt };
	put_record(o, m, p, domain, reply, host);
}

/* Once a turn.  All that came while the last file was written goes into the
 * next one. */
void
notice_turn(void)
{
	struct helds h;
	stralloc sa;

	if (writing.n || !coming.n)
		return;
	h = writing;
	writing = coming;
	coming = h;
	coming.n = 0;
	sa = sent;
	sent = text;
	text = sa;
	text.len = 0;
	last.open = NULL;
	disk_notice(&sent);
}

void
notice_written(int error)
{
	static int told;
	struct held *h;
	struct run *r;
	size_t i;

	if (error) {
		errno = error;
		if (!told)
			strerr_warnwusys("write notices of failures, trying "
					 "again every second");
		told = 1;
		disk_notice(&sent);
		return;
	}
	told = 0;
	for (i = 0; i < writing.n; i++) {
		h = &writing.h[i];
		r = pool_at(&self.runs, h->run);
		open_done(h->open, r, h->rcpt);
		open_release(h->open);
		r->flying--;
		run_pass(h->run);
	}
	writing.n = 0;
}

int
notice_busy(void)
{
	return text.len > NOTICES_MAX;
}
