#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <skalibs/strerr.h>

#include "cmd/dray-queued/queued.h"
#include "common/field.h"
#include "common/mem.h"

/*
 * Campaigns that are being handed in.  What was accepted of one is in its ledger
 * (ledger.h); what is here can be had again from that at any time.  Only one
 * client hands in a campaign at a time.
 */
enum { NONE, COMMITS, DONE };

struct campaign {
	TAILQ_ENTRY(campaign) link;
	char name[BUNDLE_NAMEMAX + 1];
	struct ledger_head head;
	uint8_t *chunk; /* the state of each */
	uint32_t done;
	uint64_t recipients;
	struct client *owner;
	unsigned int refs; /* chunks under way */
	int known; /* it has a ledger */
	int broken; /* what is on disk is in doubt: read it again */
};

static void
refuse(struct message *g, char class, const char *status, const char *text)
{
	message_refuse(g, class, status, text);
}

static void
drop(struct queued *q, struct campaign *p)
{
	TAILQ_REMOVE(&q->campaigns, p, link);
	free(p->chunk);
	free(p);
}

static void
drop_idle(struct queued *q, struct campaign *p)
{
	if (p->refs == 0 && (!p->owner || p->broken || !p->known))
		drop(q, p);
}

static struct campaign *
find(struct queued *q, const char *name, size_t len)
{
	struct campaign *p;

	TAILQ_FOREACH (p, &q->campaigns, link)
		if (strlen(p->name) == len && memcmp(p->name, name, len) == 0)
			return p;
	return NULL;
}

static struct campaign *
add(struct queued *q, const char *name, size_t len)
{
	struct campaign *p = mem_alloc(sizeof *p);

	memcpy(p->name, name, len);
	TAILQ_INSERT_TAIL(&q->campaigns, p, link);
	return p;
}

static int
take_chunk(void *arg, const struct ledger_chunk *c)
{
	struct campaign *p = arg;

	if (!p->chunk)
		p->chunk = mem_alloc(p->head.chunks);
	if (p->chunk[c->number] == DONE)
		return -1;
	p->chunk[c->number] = DONE;
	p->done++;
	p->recipients += c->recipients;
	return 0;
}

/* What was accepted, from its ledger: 1, 0 nothing, -1 errno. */
static int
load(struct queued *q, struct campaign *p)
{
	stralloc sa = STRALLOC_ZERO;
	int r = ledgers_read(q, p->name, &sa, &p->head, take_chunk, p);

	stralloc_free(&sa);
	p->known = r == 1;
	if (p->known && !p->chunk)
		p->chunk = mem_alloc(p->head.chunks);
	return r;
}

/* Known, or an empty one.  NULL: its ledger cannot be read. */
static struct campaign *
get(struct queued *q, const char *name, size_t len)
{
	struct campaign *p = find(q, name, len);

	if (p)
		return p;
	p = add(q, name, len);
	if (load(q, p) != -1)
		return p;
	queued_complain(q, "the ledger of a campaign cannot be read");
	drop(q, p);
	return NULL;
}

static void
put_answer(struct client *c, const struct campaign *p, int known)
{
	stralloc *out = &c->f.out;
	unsigned char bits[LEDGER_CHUNKS / 8] = { 0 };
	uint32_t i;

	for (i = 0; known == 1 && i < p->head.chunks; i++)
		if (p->chunk[i] == DONE)
			bits[i / 8] |= (unsigned char)(1u << i % 8);
	frame_begin(&c->f, 'C');
	field_putu8(out, (uint8_t)known);
	field_putu64(out, p && known == 1 ? p->head.began : 0);
	field_putu32(out, p && known == 1 ? p->head.chunks : 0);
	field_putu32(out, p && known == 1 ? p->done : 0);
	field_putu64(out, p && known == 1 ? p->recipients : 0);
	field_putstr(
	    out, p ? p->head.digest : bits, known == 1 ? LEDGER_DIGEST : 0);
	field_putstr(
	    out, bits, p && known == 1 ? (p->head.chunks + 7u) / 8 : 0);
	if (frame_end(&c->f) == -1)
		strerr_dief(101, "an answer does not fit into a frame");
}

static int
is_others(const struct campaign *p, const struct client *c)
{
	return p->head.uid != c->uid && c->uid != 0;
}

/* -1: malformed. */
int
campaign_ask(struct client *c, const char *data, size_t len)
{
	struct campaign *p = NULL;
	struct field r;
	const char *name;
	size_t n;
	int known = 3;

	field_start(&r, data, len);
	name = field_getstr(&r, 1024, &n);
	if (!field_end(&r))
		return -1;
	if (ledger_name_ok(name, n))
		p = get(c->q, name, n);
	if (p)
		known = !p->known	     ? 0
		    : is_others(p, c)	     ? 2
		    : !p->chunk || p->broken ? 3
					     : 1;
	put_answer(c, p, known);
	if (p)
		drop_idle(c->q, p);
	return 0;
}

/* It is begun with this chunk. */
static void
begin(struct campaign *p, const struct client *c, const struct chunk *k)
{
	p->head.began = k->began;
	p->head.uid = c->uid;
	p->head.chunks = k->chunks;
	memcpy(p->head.digest, k->campaign, LEDGER_DIGEST);
	p->chunk = mem_alloc(k->chunks);
}

static void
join(struct message *g, struct campaign *p)
{
	struct client *c = g->client;
	const struct chunk *k = &g->chunk;

	if (!p->chunk && c->q->nledgers < LEDGERS_MAX)
		begin(p, c, k);
	if (!p->chunk) {
		refuse(g, '4', "4.3.1", "too many campaigns are remembered");
		return;
	}
	if (is_others(p, c))
		refuse(g, '5', "5.7.1", "the campaign is another user's");
	else if (p->head.chunks != k->chunks ||
	    memcmp(p->head.digest, k->campaign, LEDGER_DIGEST) != 0)
		refuse(
		    g, '5', "5.5.4", "a campaign of this name has other input");
	else if (p->broken)
		refuse(g, '4', "4.3.0", "the campaign's ledger is in doubt");
	else if ((p->owner && p->owner != c) || p->chunk[k->number] == COMMITS)
		refuse(g, '4', "4.3.2",
		    "the campaign is being handed in by somebody else");
	else if (p->chunk[k->number] == DONE)
		refuse(g, '5', "5.5.1", "this chunk is queued already");
}

static void
take(struct message *g, const char *name, size_t len)
{
	struct campaign *p;

	if (!ledger_name_ok(name, len)) {
		refuse(g, '5', "5.5.4", "a chunk without a good campaign");
		return;
	}
	p = get(g->client->q, name, len);
	if (!p) {
		refuse(g, '4', "4.3.0", "the campaign's ledger is unreadable");
		return;
	}
	join(g, p);
	if (g->state == REFUSED) {
		drop_idle(g->client->q, p);
		return;
	}
	p->owner = g->client;
	p->chunk[g->chunk.number] = COMMITS;
	p->refs++;
	g->campaign = p;
}

/* The fields of a chunk, behind those of any message; its campaign is known. */
void
campaign_take(struct message *g, struct field *r)
{
	struct chunk *k = &g->chunk;
	const char *own, *all, *name;
	size_t nown, nall, len;

	k->number = field_getu32(r);
	k->chunks = field_getu32(r);
	own = field_getstr(r, LEDGER_DIGEST, &nown);
	all = field_getstr(r, LEDGER_DIGEST, &nall);
	k->began = field_getu64(r);
	if (nown != LEDGER_DIGEST || nall != LEDGER_DIGEST ||
	    k->chunks > LEDGER_CHUNKS || k->number >= k->chunks)
		r->bad = 1;
	if (r->bad || g->state == REFUSED)
		return;
	memcpy(k->own, own, LEDGER_DIGEST);
	memcpy(k->campaign, all, LEDGER_DIGEST);
	name = bundlemake_get(&g->m, BUNDLEMAKE_CAMPAIGN, &len);
	take(g, name, len);
}

/* The message comes to its end, one way or another. */
void
campaign_leave(struct queued *q, struct message *g)
{
	struct campaign *p = g->campaign;
	int done = g->state == ACCEPTED;

	if (!p)
		return;
	g->campaign = NULL;
	p->chunk[g->chunk.number] = done ? DONE : NONE;
	p->done += done != 0;
	p->recipients += done ? g->m.nrcpt : 0;
	if (done && !p->known)
		q->nledgers++;
	p->known |= done;
	p->broken |= g->doubt && !done;
	p->refs--;
	drop_idle(q, p);
}

void
campaign_lost(struct client *c)
{
	struct campaign *p, *next;

	for (p = TAILQ_FIRST(&c->q->campaigns); p; p = next) {
		next = TAILQ_NEXT(p, link);
		if (p->owner == c) {
			p->owner = NULL;
			drop_idle(c->q, p);
		}
	}
}

/* In the thread, where nothing of it changes meanwhile but in here. */
int
campaign_record(struct message *g, const struct spool *s)
{
	const struct campaign *p = g->campaign;
	struct ledger_chunk c = { .number = g->chunk.number,
		.recipients = (uint32_t)g->m.nrcpt };

	memcpy(c.digest, g->chunk.own, LEDGER_DIGEST);
	snprintf(c.bundle, sizeof c.bundle, "%s", g->name);
	return ledgers_add(s, p->name, &p->head, &c, &g->doubt);
}
