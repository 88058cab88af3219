#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <skalibs/strerr.h>

#include "cmd/dray-send/send.h"
#include "common/addr.h"
#include "common/crc32c.h"
#include "common/json.h"
#include "common/mem.h"
#include "common/notice.h"
#include "common/wire.h"

#define NOTICES_MAX (1u << 20) /* octets in one file */

/*
 * A recipient whose fate its sender is to be told is done only once the notice
 * waits on disk.  Until then it counts as flying.
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
static stralloc sent; /* of those that are being written */
/* The message of the last record: its octets stand there once. */
static struct {
	char id[SPOOL_IDMAX + 1];
	uint32_t msg;
	int whole;
} last;

static int
is_double(const struct bundle_msg *m)
{
	return m->sender.len == 0 &&
	    (m->flags & (BUNDLE_NOTICE | BUNDLE_LAST)) == BUNDLE_NOTICE;
}

/* RFC 3461 4.1 and RFC 5321 4.5.5: never against the recipient's wish, and to
 * the null path only our own notices go, to the postmaster instead, once.  A
 * server that knows DSN tells of success itself (RFC 3461 5.2.2). */
static int
wished(const struct attempt *a, char kind)
{
	uint8_t notify = a->rcpt->notify;

	if (a->m->sender.len == 0)
		return kind == NOTICE_FAILED && is_double(a->m) &&
		    self.notices.double_bounces;
	if (kind == NOTICE_RELAYED)
		return notify & BUNDLE_SUCCESS && a->lane &&
		    !(a->lane->caps & REMOTE_CAP_DSN);
	if (kind == NOTICE_DELAYED && notify == 0)
		return self.notices.delay;
	return notify == 0 ||
	    notify & (kind == NOTICE_FAILED ? BUNDLE_FAILURE : BUNDLE_DELAY);
}

/* A bundle may have been written by anybody.  What it calls an address goes
 * into no notice unless it is one: nobody could be told, or of whom. */
static int
addresses_ok(const struct attempt *a)
{
	const struct bundle_str *local = &a->rcpt->local, *s = &a->m->sender;
	char rcpt[ADDR_MAX + 1];
	size_t n = local->len + 1 + a->domain->len;
	struct addr split;

	if (n > ADDR_MAX)
		return 0;
	memcpy(rcpt, local->s, local->len);
	rcpt[local->len] = '@';
	memcpy(rcpt + local->len + 1, a->domain->s, a->domain->len);
	return addr_split(rcpt, n, &split) == 0 &&
	    (s->len == 0 || addr_split(s->s, s->len, &split) == 0);
}

int
notice_owed(const struct attempt *a, char kind)
{
	return wished(a, kind) && addresses_ok(a);
}

static void
put(stralloc *sa, const char *key, const struct bundle_str *s)
{
	json_str(sa, key, s->s, s->len);
}

static size_t
read_octets(const struct open *o, const struct bundle_msg *m, char *b, size_t n)
{
	ssize_t r = pread(o->fd, b, n, (off_t)m->offset);

	return r > 0 ? (size_t)r : 0;
}

/* The message, or its header as far as it fits: the octets may be gone when
 * the notice is made. */
static void
put_octets(const struct open *o, const struct bundle_msg *m, int whole)
{
	size_t n = m->stored, got;
	struct wire_unstuff u;
	char *b, *end;

	if (!whole && n > NOTICE_HEADERMAX)
		n = NOTICE_HEADERMAX;
	b = mem_alloc(n + 1);
	got = read_octets(o, m, b, n);
	if (whole && (got < n || crc32c(0, b, n) != m->crc)) {
		whole = 0;
		if (got > NOTICE_HEADERMAX)
			got = NOTICE_HEADERMAX;
	}
	wire_unstuff_init(&u);
	got = wire_unstuff(&u, b, got, b);
	end = whole ? NULL : memmem(b, got, "\r\n\r\n", 4);
	if (end)
		got = (size_t)(end + 2 - b);
	if (got)
		json_octets(&text, whole ? "message" : "header", b, got);
	free(b);
}

/* RFC 3461 4.3: RET is about failures only. */
static void
put_original(const struct attempt *a, char kind)
{
	int whole = kind == NOTICE_FAILED && a->m->ret == 'F' &&
	    a->m->plain <= self.notices.return_size;

	if (strcmp(last.id, a->open->b.id) == 0 && last.msg == a->m->number &&
	    last.whole >= whole)
		return;
	put_octets(a->open, a->m, whole);
	memcpy(last.id, a->open->b.id, sizeof last.id);
	last.msg = a->m->number;
	last.whole = whole;
}

static void
put_server(const struct attempt *a)
{
	const struct reply *r = a->reply;
	char phase[2] = { (char)r->phase, '\0' };

	json_u64(&text, "code", r->code);
	json_text(&text, "phase", phase);
	put(&text, "status", &r->status);
	put(&text, "text", &r->text);
	json_text(&text, "host",
	    a->lane ? a->lane->route->addr[a->lane->address].host : "");
}

static void
put_message(const struct open *o, const struct bundle_msg *m)
{
	char id[SPOOL_MSGIDMAX + 1];

	snprintf(id, sizeof id, "%s-%u", o->b.id, m->number);
	json_text(&text, "id", id);
	put(&text, "sender", &m->sender);
	json_u64(&text, "size", m->plain);
	json_u64(&text, "arrival", m->arrival);
	json_u64(&text, "expiry", m->expiry);
	put(&text, "envid", &m->envid);
	json_str(&text, "ret", (const char *)&m->ret, m->ret ? 1 : 0);
	put(&text, "stream", &m->stream);
	put(&text, "route", &m->route);
	put(&text, "tenant", &m->tenant);
	put(&text, "campaign", &m->campaign);
	json_bool(&text, "notice", is_double(m));
}

static void
put_record(const struct attempt *a, char kind)
{
	stralloc rcpt = STRALLOC_ZERO;

	mem_check(stralloc_copyb(&rcpt, a->rcpt->local.s, a->rcpt->local.len) &&
	    stralloc_append(&rcpt, '@') &&
	    stralloc_catb(&rcpt, a->domain->s, a->domain->len));
	json_open(&text);
	json_text(&text, "kind", notice_name(kind));
	put_message(a->open, a->m);
	json_str(&text, "recipient", rcpt.s, rcpt.len);
	json_u64(&text, "time", (uint64_t)(ev_now(self.loop) * 1e6));
	put_server(a);
	json_u64(&text, "notify", a->rcpt->notify);
	put(&text, "orcpt", &a->rcpt->orcpt);
	put_original(a, kind);
	json_line(&text);
	stralloc_free(&rcpt);
}

/* Of a delay, when the recipient goes on waiting. */
void
notice_tell(const struct attempt *a, char kind)
{
	put_record(a, kind);
}

/* Of an end: the recipient is done when the notice is on disk. */
void
notice_add(const struct attempt *a, char kind, uint32_t run, uint32_t rcpt)
{
	struct open *o = (struct open *)a->open;

	if (coming.n == coming.room) {
		coming.room = coming.room ? coming.room * 2 : 64;
		coming.h = mem_grow(coming.h, coming.room, sizeof *coming.h);
	}
	open_hold(o);
	coming.h[coming.n++] = (struct held){ o, run, rcpt };
	put_record(a, kind);
}

/* Once a turn.  All that came while the last file was written goes into the
 * next one. */
void
notice_turn(void)
{
	struct helds h;
	stralloc sa;

	if (sent.len || !text.len)
		return;
	h = writing;
	writing = coming;
	coming = h;
	coming.n = 0;
	sa = sent;
	sent = text;
	text = sa;
	text.len = 0;
	last.id[0] = '\0';
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
			strerr_warnwusys("write notices for senders, trying "
					 "again every second");
		told = 1;
		disk_notice(&sent);
		return;
	}
	told = 0;
	sent.len = 0;
	for (i = 0; i < writing.n; i++) {
		h = &writing.h[i];
		r = run_at(h->run);
		open_done(h->open, r, h->rcpt);
		open_release(h->open);
		run_fly(r, -1);
		run_pass(h->run);
	}
	writing.n = 0;
	timer_set();
}

int
notice_busy(void)
{
	return text.len > NOTICES_MAX;
}

/* 1 while there is something that a crash would take with it. */
int
notice_pending(void)
{
	return text.len || sent.len;
}
