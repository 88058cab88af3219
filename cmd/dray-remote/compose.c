#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/bundle.h"
#include "common/mem.h"
#include "common/utf8.h"

#include "compose.h"
#include "handle.h"
#include "lane.h"
#include "program.h"
#include "seal.h"
#include "signlink.h"
#include "sums.h"
#include "transact.h"
#include "worker.h"

#define NO_SIGNATURE "4.7.5" /* RFC 3463 3.8 */

TAILQ_HEAD(hungry, lane);

struct composer {
	struct ev_loop *loop;
	struct signlink *link;
	struct seals *seals;
	struct programs *programs;
	struct hungry hungry; /* lanes that wait for room */
	size_t held; /* octets of merged messages */
	size_t last; /* of the last one */
	stralloc scratch;
};

struct compose {
	struct seal_wait wait; /* first */
	struct lane *l;
	struct seal *seal;
	stralloc text; /* of a merged message, all of it */
	uint64_t at; /* its stored octets before that are hashed */
	uint32_t header;
	uint8_t eightbit; /* made for a server that takes 8BITMIME */
	struct sums sums;
	const char *status, *why; /* of a refusal */
};

struct composer *
compose_new(struct ev_loop *loop)
{
	struct composer *k = mem_alloc(sizeof *k);

	k->loop = loop;
	k->link = signlink_new(loop);
	k->seals = seals_new(loop, k->link);
	k->programs = programs_new();
	TAILQ_INIT(&k->hungry);
	digest_init();
	return k;
}

void
compose_flush(struct composer *k)
{
	signlink_flush(k->link);
}

static int
is_merged(const struct job *j)
{
	return (j->flags & BUNDLE_MERGE) != 0;
}

static int
is_plain(const struct job *j)
{
	return !j->nsigner && !is_merged(j);
}

/* What is refused for good, or for now, by its status. */
static enum compose_state
refuse(struct compose *c, const char *status, const char *why)
{
	c->status = status;
	c->why = why;
	return COMPOSE_REFUSED;
}

static enum compose_state
damaged(struct compose_outcome *o, const char *why)
{
	o->why = why;
	return COMPOSE_DAMAGED;
}

static const char *
unreadable(void)
{
	return errno == EPIPE ? "file is cut short" : strerror(errno);
}

/* n stored octets from off on, where the next call reads others. */
static const char *
fetch(struct composer *k, const struct job *j, uint64_t off, size_t n)
{
	mem_check(stralloc_ready(&k->scratch, n + 1));
	if (handle_read(j->handle, j->offset + off, n, k->scratch.s) == -1)
		return NULL;
	return k->scratch.s;
}

/* Octets up to and with the empty line, or 0: there is none. */
static size_t
header_end(const char *s, size_t n)
{
	const char *p;

	if (n >= 2 && memcmp(s, "\r\n", 2) == 0)
		return 2;
	p = memmem(s, n, "\r\n\r\n", 4);
	return p ? (size_t)(p + 4 - s) : 0;
}

static enum compose_state
find_header(struct composer *k, struct compose *c, const struct job *j,
    struct compose_outcome *o)
{
	size_t n = j->stored < COMPOSE_HEADERMAX ? (size_t)j->stored
						 : COMPOSE_HEADERMAX;
	const char *s;

	c->header = j->header;
	if (!c->header) {
		s = fetch(k, j, 0, n);
		if (!s)
			return damaged(o, unreadable());
		c->header = (uint32_t)header_end(s, n);
		if (!c->header && n == j->stored)
			c->header = (uint32_t)n;
	}
	if (!c->header || c->header > COMPOSE_HEADERMAX)
		return refuse(
		    c, "5.6.0", "the header is too large to be signed");
	return COMPOSE_READY;
}

/* Takes what nobody knows of the body one slice further. */
static enum compose_state
hash_some(struct composer *k, struct compose *c, const struct job *j,
    struct compose_outcome *o)
{
	uint64_t left;
	const char *s;
	size_t n;

	if (!c->at) {
		s = fetch(k, j, 0, c->header);
		if (!s)
			return damaged(o, unreadable());
		sums_start(&c->sums, j, s, c->header,
		    (j->flags & BUNDLE_STUFFED) != 0);
		c->at = c->header;
	}
	left = j->stored - c->at;
	n = left < TRANSACT_SLICE ? (size_t)left : TRANSACT_SLICE;
	s = fetch(k, j, c->at, n);
	if (!s)
		return damaged(o, unreadable());
	sums_feed(&c->sums, s, n);
	c->at += n;
	if (c->at < j->stored)
		return COMPOSE_WAIT;
	sums_end(&c->sums);
	return COMPOSE_READY;
}

static void
wake(struct seal_wait *w)
{
	lane_touch(((struct compose *)w)->l);
}

/* Asks for the signatures of a message that is in a file.  Of one whose hash is
 * not known that is much to do; so not ahead of its time. */
static enum compose_state
sign_stored(struct composer *k, struct compose *c, const struct job *j,
    int ahead, struct compose_outcome *o)
{
	enum compose_state r;
	const char *s;

	c->seal = seal_find(k->seals, j);
	if (c->seal)
		return COMPOSE_READY;
	if (!c->header && (r = find_header(k, c, j, o)) != COMPOSE_READY)
		return r;
	if (j->hash && j->header)
		sums_know(&c->sums, j->hash);
	if (!sums_complete(&c->sums, j) && ahead)
		return COMPOSE_WAIT;
	if (!sums_complete(&c->sums, j) &&
	    (r = hash_some(k, c, j, o)) != COMPOSE_READY) {
		if (r == COMPOSE_WAIT)
			lane_later(c->l);
		return r;
	}
	s = fetch(k, j, 0, c->header);
	if (!s)
		return damaged(o, unreadable());
	c->seal = seal_make(k->seals, j, s, c->header, &c->sums, 0);
	return COMPOSE_READY;
}

static void
let_go(struct composer *k, struct compose *c)
{
	struct lane *l;
	unsigned int i;

	k->held -= c->text.len;
	stralloc_free(&c->text);
	/* More lanes than there is room for ask again, which costs little. */
	for (i = 0; i < 4 && (l = TAILQ_FIRST(&k->hungry)); i++) {
		compose_leave(l);
		lane_touch(l);
	}
}

void
compose_leave(struct lane *l)
{
	if (l->ishungry)
		TAILQ_REMOVE(&l->w->composer->hungry, l, hungry);
	l->ishungry = 0;
}

/* Whether one more may be made now. */
static int
has_room(struct composer *k, struct lane *l, int ahead)
{
	if (k->held < COMPOSE_AHEAD && !signlink_busy(k->link))
		return 1;
	if (ahead)
		return 0;
	if (!l->inflight && k->held < 2 * COMPOSE_AHEAD)
		return 1;
	/* One in flight has the lane looked at when it is settled. */
	if (!l->inflight && !l->ishungry) {
		TAILQ_INSERT_TAIL(&k->hungry, l, hungry);
		l->ishungry = 1;
	}
	return 0;
}

static int
render(struct composer *k, struct compose *c, struct job *j, struct merge *m)
{
	struct merge_job mj = { .token = j->token,
		.token_len = j->token_len,
		.recipient = j->rcpts[0].addr,
		.recipient_len = j->rcpts[0].addr_len,
		.date = (uint64_t)ev_now(k->loop) };

	c->eightbit = (c->l->caps.bits & REMOTE_CAP_8BITMIME) != 0;
	mem_check(stralloc_ready(&c->text, k->last + k->last / 8));
	if (merge_render(m, j->row, j->row_len, &mj,
		c->eightbit ? MERGE_8BIT : 0, &c->text) == -1)
		return -1;
	k->held += c->text.len;
	k->last = c->text.len;
	j->flags &= ~(BUNDLE_8BIT | BUNDLE_UTF8);
	if (utf8_high(c->text.s, c->text.len))
		j->flags |= BUNDLE_8BIT;
	return 0;
}

static void
sign_text(struct composer *k, struct compose *c, const struct job *j)
{
	size_t n = header_end(c->text.s, c->text.len);

	sums_start(&c->sums, j, c->text.s, n, 0);
	sums_feed(&c->sums, c->text.s + n, c->text.len - n);
	sums_end(&c->sums);
	c->seal = seal_make(k->seals, j, c->text.s, n, &c->sums, 1);
}

static enum compose_state
merge(struct composer *k, struct compose *c, struct job *j, int ahead,
    struct compose_outcome *o)
{
	const char *why;
	struct merge *m;

	if (!has_room(k, c->l, ahead))
		return COMPOSE_WAIT;
	m = program_find(k->programs, j, &why);
	if (!m)
		return damaged(o, why);
	if (render(k, c, j, m) == -1)
		return refuse(c, "5.6.0",
		    errno == EMSGSIZE ? "the message would be too large"
				      : "no message can be made of its row");
	if (j->nsigner)
		sign_text(k, c, j);
	return COMPOSE_READY;
}

static enum compose_state
look_seal(struct compose *c, struct job *j)
{
	if (!j->nsigner)
		return COMPOSE_READY;
	if (c->seal->state == SEAL_BAD)
		return refuse(c, NO_SIGNATURE, c->seal->why);
	if (c->seal->state == SEAL_GOOD)
		return COMPOSE_READY;
	if (!c->wait.seal)
		seal_wait(c->seal, &c->wait);
	return COMPOSE_WAIT;
}

static enum compose_state
look(struct lane *l, struct job *j, int ahead, struct compose_outcome *o)
{
	struct composer *k = l->w->composer;
	struct compose *c = j->compose;
	enum compose_state r = COMPOSE_READY;

	if (c && is_merged(j) && c->eightbit &&
	    !(l->caps.bits & REMOTE_CAP_8BITMIME)) {
		/* It was made for another server of this lane. */
		compose_free(j);
		c = NULL;
	}
	if (!c) {
		c = j->compose = mem_alloc(sizeof *c);
		c->wait.fn = wake;
		c->l = l;
	}
	if (c->why)
		return COMPOSE_REFUSED;
	if (is_merged(j) && !c->text.s)
		r = merge(k, c, j, ahead, o);
	else if (!is_merged(j) && !c->seal)
		r = sign_stored(k, c, j, ahead, o);
	return r == COMPOSE_READY ? look_seal(c, j) : r;
}

enum compose_state
compose_look(struct lane *l, struct job *j, struct compose_outcome *o_r)
{
	enum compose_state r;

	if (is_plain(j))
		return COMPOSE_READY;
	r = look(l, j, 0, o_r);
	if (r == COMPOSE_REFUSED) {
		memset(&o_r->verdict, 0, sizeof o_r->verdict);
		o_r->verdict.phase = '-';
		memcpy(o_r->verdict.status, j->compose->status,
		    strlen(j->compose->status));
		o_r->verdict.text = j->compose->why;
		o_r->verdict.len = strlen(j->compose->why);
	}
	return r;
}

void
compose_ahead(struct lane *l)
{
	struct compose_outcome o;
	struct job *j;
	uint32_t i;

	if (l->closing || l->ending || l->deaf)
		return;
	for (j = l->next, i = 0; j && i <= l->depth;
	     j = TAILQ_NEXT(j, entry), i++)
		if (!is_plain(j) && !(j->compose && j->compose->why))
			(void)look(l, j, 1, &o);
}

int
compose_waits(const struct lane *l)
{
	const struct compose *c;

	if (!l->next || is_plain(l->next))
		return 0;
	c = l->next->compose;
	if (!c || c->why)
		return !c;
	if (!l->next->nsigner)
		return !c->text.s;
	return !c->seal || c->seal->state == SEAL_ASKED;
}

uint64_t
compose_size(const struct job *j)
{
	const struct compose *c = j->compose;
	uint64_t n;

	if (!c)
		return j->plain;
	n = is_merged(j) ? c->text.len : j->plain;
	return c->seal ? n + c->seal->front.len : n;
}

/* Lines that begin with a dot get another one. */
static void
put_stuffed(struct lane *l, const char *s, size_t n)
{
	const char *end = s + n, *nl;

	while (s < end) {
		nl = memchr(s, '\n', (size_t)(end - s));
		nl = nl ? nl + 1 : end;
		if (*s == '.')
			output_add(l, ".", 1);
		output_add(l, s, (size_t)(nl - s));
		s = nl;
	}
}

void
compose_put(struct lane *l, struct job *j)
{
	struct compose *c = j->compose;

	if (!c)
		return;
	if (c->seal)
		output_add(l, c->seal->front.s, c->seal->front.len);
	if (is_merged(j) && j->how == 'D')
		put_stuffed(l, c->text.s, c->text.len);
	else if (is_merged(j))
		output_add(l, c->text.s, c->text.len);
	compose_free(j);
}

void
compose_free(struct job *j)
{
	struct compose *c = j->compose;

	if (!c)
		return;
	j->compose = NULL;
	seal_unwait(&c->wait);
	if (c->seal)
		seal_drop(c->seal);
	sums_free(&c->sums);
	let_go(c->l->w->composer, c);
	free(c);
}
