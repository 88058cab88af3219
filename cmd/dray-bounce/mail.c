#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <skalibs/allreadwrite.h>
#include <skalibs/strerr.h>

#include "cmd/dray-bounce/returns.h"
#include "common/addr.h"
#include "common/bundle.h"
#include "common/field.h"
#include "common/idn.h"
#include "common/mem.h"

#define HOLD 65536 /* octets; then they go to the file */
#define HOST "returns"

static const char *const kinds[] = { "", "bounce", "complaint", "unsubscribe" };

_Static_assert(POLICY_RETURN_BOUNCE == 1 && POLICY_RETURN_COMPLAINT == 2 &&
	POLICY_RETURN_UNSUBSCRIBE == 3,
    "kinds");

static void
mail_refuse(struct mail *g, char class, const char *status, const char *text)
{
	if (g->state == REFUSED)
		return;
	g->state = REFUSED;
	g->class = class;
	snprintf(g->status, sizeof g->status, "%s", status);
	snprintf(g->text, sizeof g->text, "%s", text);
}

/* What is written is of no use any more. */
static void
shed(struct mail *g)
{
	if (g->fd != -1) {
		close(g->fd);
		unlinkat(g->r->tmp, g->name, 0);
		g->fd = -1;
	}
	stralloc_free(&g->head);
	stralloc_free(&g->held);
}

void
mail_free(struct mail *g)
{
	shed(g);
	free(g);
}

static void
name(struct mail *g)
{
	struct spool_id id = { .host = HOST, .host_len = sizeof HOST - 1 };
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	id.sec = (uint64_t)now.tv_sec;
	id.usec = (uint32_t)(now.tv_nsec / 1000);
	id.pid = (uint32_t)getpid();
	id.seq = g->r->seq++;
	g->name[spool_idfmt(g->name, &id)] = '\0';
}

static void
put(struct mail *g, const char *a, const char *b, const char *s, size_t n)
{
	stralloc *d = &g->head;

	mem_check(stralloc_cats(d, a) && stralloc_cats(d, b) &&
	    stralloc_cats(d, "<") && stralloc_catb(d, s, n) &&
	    stralloc_cats(d, ">\n"));
}

static void
trouble(struct mail *g)
{
	if (errno == ENOSPC || errno == EDQUOT || errno == EFBIG)
		mail_refuse(g, '4', "4.3.1", "disk space is short");
	else
		mail_refuse(g, '4', "4.3.0", "the message cannot be stored");
}

static int
put_all(int fd, const stralloc *sa)
{
	return allwrite(fd, sa->s, sa->len) == sa->len ? 0 : -1;
}

/* What is held goes into the file, behind its head at first. */
static int
spill(struct mail *g)
{
	if (g->fd == -1) {
		mem_check(stralloc_append(&g->head, '\n'));
		g->fd = spool_create(g->r->tmp, g->name);
		if (g->fd == -1 || put_all(g->fd, &g->head) == -1)
			return -1;
	}
	if (g->held.len && put_all(g->fd, &g->held) == -1)
		return -1;
	g->held.len = 0;
	return 0;
}

struct mail *
mail_new(struct conn *c, const char *data, size_t len)
{
	struct mail *g = mem_alloc(sizeof *g);
	const char *sender, *full = c->r->full;
	struct field f;
	struct addr a;
	size_t n, some;
	char text[64];
	int i;

	g->r = c->r;
	g->conn = c;
	g->fd = -1;
	wire_init(&g->wire);
	name(g);
	field_start(&f, data, len);
	g->brought = (field_getu32(&f) & QUEUE_BROUGHT) != 0;
	(void)field_getu8(&f);
	(void)field_getu32(&f);
	sender = field_getstr(&f, BUNDLE_ADDRMAX * 2, &n);
	for (i = 0; i < 5; i++)
		(void)field_getstr(&f, 1024, &some);
	if (!field_end(&f)) {
		mail_free(g);
		return NULL;
	}
	snprintf(text, sizeof text, "dray-return 1\ntime %lld\n",
	    (long long)time(NULL));
	mem_check(stralloc_cats(&g->head, text));
	if (n && addr_split(sender, n, &a) == -1)
		mail_refuse(g, '5', "5.1.7", "sender is not a mail address");
	else
		put(g, "from ", "", sender, n);
	if (full)
		mail_refuse(g, '4', "4.3.1", full);
	return g;
}

/* What comes back at this address, 0: nothing.  What was brought came back all
 * the same, wherever it did. */
static unsigned int
kind_of(const struct mail *g, const char *s, size_t n)
{
	const struct policy *p = &g->r->policy;
	char domain[ADDR_DOMAINMAX];
	struct addr a;
	unsigned int kind = 0;
	size_t k;

	if (addr_split(s, n, &a) == -1)
		return 0;
	k = idn_ascii(domain, a.domain, a.domain_len);
	if (k)
		kind = policy_return(p, a.local, a.local_len, domain, k);
	return !kind && g->brought ? POLICY_RETURN_BOUNCE : kind;
}

int
mail_rcpts(struct mail *g, const char *data, size_t len)
{
	unsigned int kind;
	struct field f;
	const char *s;
	size_t n, some;

	field_start(&f, data, len);
	while (field_left(&f) && !f.bad) {
		s = field_getstr(&f, BUNDLE_ADDRMAX * 2, &n);
		(void)field_getu8(&f);
		(void)field_getstr(&f, 1024, &some);
		if (f.bad || g->state == REFUSED)
			continue;
		kind = kind_of(g, s, n);
		/* Whoever sent it knows a newer policy, perhaps. */
		if (!kind && policy_renew(&g->r->policy))
			kind = kind_of(g, s, n);
		if (!kind)
			mail_refuse(g, '5', "5.1.1", "nothing comes back here");
		else if (g->nrcpt++ == RETURNS_RCPTS)
			mail_refuse(g, '4', "4.5.3", "too many recipients");
		else
			put(g, kinds[kind], " ", s, n);
	}
	return field_end(&f) ? 0 : -1;
}

static void
bad_content(struct mail *g)
{
	char text[80];

	snprintf(text, sizeof text, "message has a %s in line %llu",
	    wire_strerror(g->wire.error),
	    (unsigned long long)g->wire.lines + 1);
	mail_refuse(g, '5', "5.6.0", text);
}

void
mail_data(struct mail *g, const char *data, size_t len)
{
	static stralloc stuffed; /* of no use here */

	g->taken += len;
	if (g->state != TAKING)
		return;
	stuffed.len = 0;
	if (g->taken > g->r->limit.max_message)
		mail_refuse(g, '5', "5.3.4", "message is too large");
	else if (wire_feed(&g->wire, data, len, &stuffed) == -1)
		bad_content(g);
	else
		mem_check(stralloc_catb(&g->held, data, len));
	if (g->state == TAKING && g->held.len > HOLD && spill(g) == -1)
		trouble(g);
	if (g->state == REFUSED)
		shed(g);
}

int
mail_end(struct mail *g, const char *data, size_t len)
{
	static stralloc stuffed;
	struct field f;
	uint64_t n;

	field_start(&f, data, len);
	n = field_getu64(&f);
	if (!field_end(&f) || n != g->taken ||
	    (!g->nrcpt && !g->brought && g->state == TAKING))
		return -1;
	stuffed.len = 0;
	if (g->state == TAKING && wire_end(&g->wire, &stuffed) == -1)
		bad_content(g);
	if (g->state == TAKING) {
		g->state = ENDED;
		g->inbatch = 1;
		TAILQ_INSERT_TAIL(&g->r->ended, g, in_batch);
	}
	return 0;
}

static void
undo(struct mail *g)
{
	int error = errno;

	if (g->fd != -1)
		close(g->fd);
	g->fd = -1;
	spool_undo(g->r->tmp, g->r->fresh, g->name);
	errno = error;
	trouble(g);
}

static void
finish(struct mail *g)
{
	if (spill(g) == -1 ||
	    spool_put(g->fd, g->r->tmp, g->r->fresh, g->name) == -1) {
		undo(g);
		return;
	}
	close(g->fd);
	g->fd = -1;
}

/* All that have ended: their files, then the directory for all of them, then
 * their verdicts. */
void
mail_commit(struct returns *r)
{
	struct conn *c, *next;
	struct mail *g;
	int bad;

	if (TAILQ_EMPTY(&r->ended))
		return;
	TAILQ_FOREACH (g, &r->ended, in_batch)
		finish(g);
	bad = spool_commit(r->fresh) == -1;
	while ((g = TAILQ_FIRST(&r->ended))) {
		TAILQ_REMOVE(&r->ended, g, in_batch);
		if (bad && g->state == ENDED)
			undo(g);
		if (g->state == ENDED)
			g->state = ACCEPTED;
		g->inbatch = 0;
		if (g->conn)
			g->conn->settled = 1;
		else
			mail_free(g);
	}
	for (c = TAILQ_FIRST(&r->conns); c; c = next) {
		next = TAILQ_NEXT(c, in_all);
		if (c->settled)
			conn_verdicts(c);
	}
}
