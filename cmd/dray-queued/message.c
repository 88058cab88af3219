#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/dray-queued/queued.h"
#include "common/addr.h"
#include "common/chars.h"
#include "common/idn.h"
#include "common/crc32c.h"
#include "common/mem.h"
#include "common/queueproto.h"

#define NO_STREAM "no such stream"
#define WRITE_AT 65536 /* octets of a large message gathered before a write */

void
message_refuse(
    struct message *g, char class, const char *status, const char *text)
{
	if (g->state == REFUSED)
		return;
	g->state = REFUSED;
	g->class = class;
	snprintf(g->status, sizeof g->status, "%s", status);
	snprintf(g->text, sizeof g->text, "%s", text);
}

/* For a refusal that quotes what the client sent: nothing unprintable. */
static void
refuse_quoting(struct message *g, const char *status, const char *text,
    const char *s, size_t n)
{
	char quoted[130], all[250];
	size_t i;

	if (n > sizeof quoted - 1)
		n = sizeof quoted - 1;
	for (i = 0; i < n; i++)
		quoted[i] = (char)(s[i] > 31 && s[i] < 127 ? s[i] : '?');
	quoted[n] = '\0';
	snprintf(all, sizeof all, "%s: %s", text, quoted);
	message_refuse(g, '5', status, all);
}

static void
account(struct message *g)
{
	struct queued *q = g->client->q;
	size_t now = bundlemake_memory(&g->m) + whose_memory(g) + sizeof *g;

	q->memory = q->memory - g->accounted + now;
	g->accounted = now;
	if (q->memory > q->limit.memory)
		message_refuse(g, '4', "4.3.2", "too many messages at a time");
}

/* What a refused message holds is of no use any more: others need the room
 * before its client has come to its END. */
void
message_shed(struct queued *q, struct message *g)
{
	bundlemake_free(&g->m);
	whose_free(g);
	stralloc_free(&g->listed);
	if (g->fd != -1) {
		close(g->fd);
		unlinkat(q->spool.tmp, g->name, 0);
		g->fd = -1;
	}
	q->memory = q->memory - g->accounted + sizeof *g;
	g->accounted = sizeof *g;
}

void
message_free(struct queued *q, struct message *g)
{
	campaign_leave(q, g);
	message_shed(q, g);
	q->memory -= g->accounted;
	free(g);
}

static void
bad_address(struct message *g, const char *what, const char *s, size_t n)
{
	char text[80];

	snprintf(text, sizeof text, "%s %s", what,
	    errno == ENAMETOOLONG ? "is too long"
		: errno == EILSEQ ? "has octets that are no characters"
				  : "is not a mail address");
	refuse_quoting(g, "5.1.3", text, s, n);
}

/* The domain of it as A-labels: only the local part then needs SMTPUTF8. */
static void
take_idn_sender(
    struct message *g, const char *s, size_t len, const struct addr *a)
{
	char all[ADDR_LOCALMAX + 1 + ADDR_DOMAINMAX];
	size_t n = a->local_len + 1;
	size_t domain = idn_ascii(all + n, a->domain, a->domain_len);

	memcpy(all, s, n);
	errno = n + domain > ADDR_MAX ? ENAMETOOLONG : EINVAL;
	if (domain == 0 || n + domain > ADDR_MAX)
		bad_address(g, "sender", s, len);
	else
		bundlemake_set(&g->m, BUNDLEMAKE_SENDER, all, n + domain);
}

static void
take_sender(struct message *g, struct field *r)
{
	struct addr a;
	size_t len;
	const char *s = field_getstr(r, BUNDLE_ADDRMAX * 2, &len);

	if (len && addr_split(s, len, &a) == -1)
		bad_address(g, "sender", s, len);
	else if (len && a.idn)
		take_idn_sender(g, s, len, &a);
	else
		bundlemake_set(&g->m, BUNDLEMAKE_SENDER, s, len);
}

static void
take_names(struct message *g, struct field *r)
{
	static const char *what[] = { "stream is not a name",
		"route is not a name", "tenant is not a name",
		"campaign is not a name" };
	const char *s;
	size_t len;
	int i;

	s = field_getstr(r, 1024, &len);
	if (len > BUNDLE_ENVIDMAX || !chars_ascii(s, len))
		refuse_quoting(g, "5.5.4", "envelope id is malformed", s, len);
	else
		bundlemake_set(&g->m, BUNDLEMAKE_ENVID, s, len);
	for (i = 0; i < 4; i++) {
		s = field_getstr(r, 1024, &len);
		if (len > BUNDLE_NAMEMAX || !chars_name(s, len))
			refuse_quoting(g, "5.5.4", what[i], s, len);
		else if (i == 0 && !stream_ok(g->client->q, s, len))
			refuse_quoting(g, "5.5.4", NO_STREAM, s, len);
		else
			bundlemake_set(&g->m, BUNDLEMAKE_STREAM + i, s, len);
	}
}

static void
take_times(struct message *g, struct field *r)
{
	const char *s;
	size_t len;

	g->m.meta.start = field_getu64(r);
	s = field_getstr(r, 4096, &len);
	if (g->m.meta.start > UINT32_MAX || !bundle_windows_ok(s, len))
		message_refuse(g, '5', "5.5.4", "impossible times of delivery");
	else
		bundlemake_set(&g->m, BUNDLEMAKE_WINDOWS, s, len);
}

struct message *
message_new(struct client *c, const char *data, size_t len)
{
	struct message *g = mem_alloc(sizeof *g);
	const char *full;
	uint32_t flags;
	struct field r;

	g->client = c;
	g->fd = -1;
	bundlemake_init(&g->m);
	wire_init(&g->wire);
	streamscan_start(&c->scan, c->q->rules);
	field_start(&r, data, len);
	flags = field_getu32(&r);
	g->m.meta.ret = field_getu8(&r);
	g->m.meta.expiry = field_getu32(&r); /* its lifetime, until END */
	take_sender(g, &r);
	take_names(g, &r);
	if (flags & QUEUE_NOTICE)
		g->m.meta.flags |= BUNDLE_NOTICE;
	if (flags & QUEUE_LAST)
		g->m.meta.flags |= BUNDLE_LAST;
	if (flags & QUEUE_MERGE)
		g->m.meta.flags |= BUNDLE_MERGE;
	if (flags & QUEUE_TIMES)
		take_times(g, &r);
	if (flags & QUEUE_CHUNK)
		campaign_take(g, &r);
	if (!field_end(&r) || flags & ~QUEUE_FLAGS ||
	    (g->m.meta.ret && !strchr("FH", g->m.meta.ret))) {
		message_free(c->q, g);
		return NULL;
	}
	whose_start(g);
	full = room_full(c->q);
	if (full)
		message_refuse(g, '4', room_status(full), full);
	account(g);
	return g;
}

static void
take_rcpt(
    struct message *g, const char *s, size_t len, const struct bundle_rcpt *p)
{
	struct bundle_rcpt to = *p;
	char domain[ADDR_DOMAINMAX];
	struct addr a;
	size_t n;

	if (addr_split(s, len, &a) == -1) {
		bad_address(g, "recipient", s, len);
		return;
	}
	n = idn_ascii(domain, a.domain, a.domain_len);
	errno = n ? ENAMETOOLONG : EINVAL;
	if (n == 0 || a.local_len + 1 + n > ADDR_MAX) {
		bad_address(g, "recipient", s, len);
		return;
	}
	if (p->orcpt.len > BUNDLE_ORCPTMAX ||
	    !chars_ascii(p->orcpt.s, p->orcpt.len) || p->notify > 15 ||
	    (p->notify & BUNDLE_NEVER && p->notify != BUNDLE_NEVER)) {
		refuse_quoting(g, "5.5.4", "malformed DSN wish for", s, len);
		return;
	}
	if (g->m.nrcpt == g->client->q->limit.max_recipients) {
		message_refuse(g, '5', "5.5.3", "too many recipients");
		return;
	}
	if (p->row.len > BUNDLE_ROWMAX) {
		refuse_quoting(g, "5.3.4", "too large a row for", s, len);
		return;
	}
	if (p->notify & BUNDLE_DELAY)
		g->m.meta.flags |= BUNDLE_DELAYS;
	to.local.s = a.local;
	to.local.len = a.local_len;
	suppressed_rcpt(g, a.local, a.local_len, domain, n);
	bundlemake_rcpt(&g->m, domain, n, &to);
}

int
message_rcpts(struct message *g, const char *data, size_t len)
{
	int merge = (g->m.meta.flags & BUNDLE_MERGE) != 0;
	struct bundle_rcpt p = { .row = { "", 0 } };
	const char *s;
	struct field r;
	size_t slen;

	field_start(&r, data, len);
	while (field_left(&r) && g->state == TAKING) {
		s = field_getstr(&r, 4096, &slen);
		p.notify = field_getu8(&r);
		p.orcpt.s = field_getstr(&r, 4096, &p.orcpt.len);
		if (merge)
			p.row.s = field_getstr(&r, UINT16_MAX, &p.row.len);
		if (r.bad)
			return -1;
		take_rcpt(g, s, slen, &p);
	}
	if (g->state == TAKING)
		account(g);
	return 0;
}

static void
disk_trouble(struct message *g)
{
	char text[120];

	snprintf(text, sizeof text, "cannot write to the spool: %s",
	    strerror(errno));
	message_refuse(g, '4',
	    errno == ENOSPC || errno == EDQUOT ? "4.3.1" : "4.3.0", text);
}

static int
open_file(struct message *g)
{
	struct spool *s = &g->client->q->spool;
	struct spool_id id;

	spool_idnew(s, &id);
	spool_idfmt(g->name, &id);
	g->fd = spool_create(s->tmp, g->name);
	return g->fd == -1 ? -1 : 0;
}

static void
write_body(struct message *g)
{
	stralloc *b = &g->m.body;
	size_t done = 0;
	ssize_t n;

	if (g->fd == -1 && open_file(g) == -1) {
		disk_trouble(g);
		return;
	}
	while (done < b->len) {
		n = pwrite(g->fd, b->s + done, b->len - done,
		    (off_t)(BUNDLE_PAGE + g->written));
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1) {
			disk_trouble(g);
			return;
		}
		done += (size_t)n;
		g->written += (uint64_t)n;
	}
	b->len = 0;
}

/* What was added to the body since it had len octets goes into the checksum;
 * a large body goes to its file. */
static void
took(struct message *g, size_t len)
{
	stralloc *b = &g->m.body;

	if (b->len > len) {
		g->m.meta.crc = crc32c(g->m.meta.crc, b->s + len, b->len - len);
		whose_feed(g, b->s + len, b->len - len);
	}
	if (b->len > SPILL || (g->fd != -1 && b->len > WRITE_AT))
		write_body(g);
}

static void
bad_content(struct message *g)
{
	char text[120];

	if (g->wire.error == WIRE_GOOD)
		mem_check(0);
	snprintf(text, sizeof text, "message has a %s in line %llu",
	    wire_strerror(g->wire.error),
	    (unsigned long long)g->wire.lines + 1);
	message_refuse(g, '5', "5.6.0", text);
}

/* A program is no message yet: nobody reads its octets but who checks all. */
static int
feed(struct message *g, const char *data, size_t len)
{
	if (g->m.meta.flags & BUNDLE_MERGE) {
		mem_check(stralloc_catb(&g->m.body, data, len));
		g->wire.octets += len;
		return 0;
	}
	streamscan_feed(&g->client->scan, data, len);
	mem_room(&g->m.body, len + len / 64 + 2);
	return wire_feed(&g->wire, data, len, &g->m.body);
}

void
message_data(struct message *g, const char *data, size_t len)
{
	size_t before = g->m.body.len;

	g->taken += len;
	if (g->state != TAKING)
		return;
	if (g->taken > g->client->q->limit.max_message) {
		message_refuse(g, '5', "5.3.4", "message is too large");
	} else if (feed(g, data, len) == -1) {
		bad_content(g);
	} else {
		took(g, before);
		if (g->state == TAKING)
			account(g);
	}
}

static const struct policy_stream *
settle_stream(struct message *g)
{
	const struct policy_stream *st = stream_settle(g);
	const char *s;
	size_t len;

	if (!st) {
		s = bundlemake_get(&g->m, BUNDLEMAKE_STREAM, &len);
		refuse_quoting(g, "5.5.4", NO_STREAM, s, len);
		return NULL;
	}
	s = room_stream(g->client->q, st);
	if (s)
		message_refuse(g, '4', room_status(s), s);
	return st;
}

/* The rest of a large message is written here, so that its body is empty and
 * its octets are all in its file. */
static void
finish(struct message *g)
{
	const struct policy_stream *st = NULL;
	struct bundle_msg *d = &g->m.meta;
	size_t before = g->m.body.len;
	struct timespec now;

	if (!(d->flags & BUNDLE_MERGE) &&
	    wire_end(&g->wire, &g->m.body) == -1) {
		bad_content(g);
		return;
	}
	took(g, before);
	if (g->fd != -1 && g->m.body.len)
		write_body(g);
	if (g->state == TAKING)
		program_look(g);
	if (g->m.nrcpt == 0)
		message_refuse(g, '5', "5.5.1", "no recipients");
	if (g->state == TAKING)
		st = settle_stream(g);
	if (g->state == TAKING)
		whose_end(g);
	if (g->state == TAKING)
		suppressed_end(g, st);
	clock_gettime(CLOCK_REALTIME, &now);
	d->stored = g->wire.octets;
	d->plain = g->wire.octets - g->wire.stuffed;
	d->flags |= (g->wire.stuffed ? BUNDLE_STUFFED : 0) |
	    (g->wire.body8 || g->wire.header8 ? BUNDLE_8BIT : 0) |
	    (g->wire.header8 ? BUNDLE_UTF8 : 0);
	d->arrival =
	    (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
	d->expiry += bundle_from(d) / 1000000;
}

/* A chunk has a bundle of its own, however small it is. */
static void
own_file(struct message *g)
{
	if (g->campaign && g->fd == -1 && open_file(g) == -1)
		disk_trouble(g);
}

int
message_end(struct message *g, const char *data, size_t len)
{
	struct field r;
	uint64_t octets;

	field_start(&r, data, len);
	octets = field_getu64(&r);
	if (!field_end(&r) || octets != g->taken)
		return -1;
	if (g->state == TAKING)
		finish(g);
	if (g->state == TAKING)
		own_file(g);
	if (g->state == TAKING)
		account(g);
	if (g->state == REFUSED)
		message_shed(g->client->q, g);
	else
		g->state = COMMITTING;
	return 0;
}
