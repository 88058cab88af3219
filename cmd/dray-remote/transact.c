#include <errno.h>
#include <string.h>

#include "common/bundle.h"
#include "common/crc32c.h"

#include "command.h"
#include "compose.h"
#include "dial.h"
#include "expire.h"
#include "handle.h"
#include "lane.h"
#include "report.h"
#include "transact.h"
#include "worker.h"

/* Whether the octets of a job may be sent. */
enum check { CHECK_GOOD, CHECK_WAIT, CHECK_BAD };

void
transact_take(struct lane *l, struct job *j)
{
	if (l->checking == j)
		l->checking = NULL;
	if (j->number)
		l->inflight--;
	else if (j == l->next)
		l->next = TAILQ_NEXT(j, entry);
	TAILQ_REMOVE(&l->jobs, j, entry);
	l->njobs--;
}

/* What handle_read or sendfile says with errno. */
static const char *
unreadable(void)
{
	return errno == EPIPE ? "file is cut short" : strerror(errno);
}

static void
damaged(struct lane *l, struct job *j, const char *why)
{
	report_damaged(l, j, why);
	transact_take(l, j);
	job_free(l->w, j);
}

void
transact_unreadable(struct lane *l, struct job *j)
{
	l->body = NULL;
	damaged(l, j, unreadable());
	/* The server waits for octets that will never come; that is neither
	 * its fault nor anybody's but the disk's. */
	lane_say(l, "a message cannot be read");
	lane_down(l, REMOTE_DOWN_QUIT, 'd');
}

/* Before its first octet: NULL, or what is wrong with the stored octets at p,
 * which it takes to what will be sent. */
static const char *
examine(const struct job *j, char *p, size_t *n, int plain)
{
	struct wire_unstuff u;

	if (!j->checked && crc32c(0, p, *n) != j->crc)
		return "checksum";
	if (*n && (*n < 2 || memcmp(p + *n - 2, "\r\n", 2)))
		return "last line has no end";
	if (plain && j->plain != j->stored) {
		wire_unstuff_init(&u);
		*n = wire_unstuff(&u, p, *n, p);
		if (*n != j->plain)
			return "length without stuffed dots";
	}
	return NULL;
}

/* All of it goes through memory. */
static int
is_small(const struct job *j)
{
	return (j->flags & BUNDLE_MERGE ? compose_size(j) : j->stored) <=
	    TRANSACT_SMALL;
}

/* Appends the octets of a small message.  NULL, or what is wrong with it (then
 * nothing is appended). */
static const char *
load(struct lane *l, const struct job *j, int plain)
{
	size_t n = (size_t)j->stored;
	char *p = output_room(l, n + 3);
	const char *why;

	if (handle_read(j->handle, j->offset, n, p) == -1)
		return unreadable();
	why = examine(j, p, &n, plain);
	if (!why)
		output_took(l, n);
	return why;
}

/* Takes the check of a large message one slice further. */
static enum check
check_slice(struct lane *l, struct job *j, const char **why_r)
{
	uint64_t left;
	size_t n;
	char *p;

	if (l->checking != j) {
		l->checking = j;
		l->checked = 0;
		l->crc = 0;
	}
	left = j->stored - l->checked;
	n = left < TRANSACT_SLICE ? (size_t)left : TRANSACT_SLICE;
	p = output_room(l, n);
	if (handle_read(j->handle, j->offset + l->checked, n, p) == -1) {
		*why_r = unreadable();
		return CHECK_BAD;
	}
	l->crc = crc32c(l->crc, p, n);
	l->checked += n;
	if (l->checked < j->stored)
		return CHECK_WAIT;
	l->checking = NULL;
	if (l->crc != j->crc) {
		*why_r = "checksum";
		return CHECK_BAD;
	}
	handle_checked(j->handle, j->offset, j->crc);
	return CHECK_GOOD;
}

static enum check
check(struct lane *l, struct job *j, const char **why_r)
{
	if (j->flags & BUNDLE_MERGE)
		return CHECK_GOOD; /* its program has been */
	if (j->stored > TRANSACT_SMALL) {
		if (!handle_good(j->handle, j->offset, j->crc))
			return check_slice(l, j, why_r);
		/* Another lane was faster.  The next job may have the address
		 * of this one, and must not go on with its check. */
		l->checking = NULL;
		return CHECK_GOOD;
	}
	/* What leaves in one piece with its MAIL is checked as it is read. */
	if (l->pipe && l->bdat)
		return CHECK_GOOD;
	*why_r = load(l, j, 0);
	if (*why_r)
		return CHECK_BAD;
	output_cut(l, (size_t)j->stored);
	j->checked = 1;
	return CHECK_GOOD;
}

static struct verdict
own(uint16_t code, char phase, const char *status, const char *text)
{
	struct verdict v = { .code = code, .phase = phase, .text = text };

	memcpy(v.status, status, strlen(status));
	v.len = strlen(text);
	return v;
}

/* If there are servers that were not asked it is not the last word. */
static struct verdict
no_utf8(const struct lane *l)
{
	if (l->unreached)
		return own(0, 'm', "4.6.7",
		    "message needs SMTPUTF8, which this server does not offer, "
		    "and others cannot be reached");
	return own(0, 'm', "5.6.7",
	    "message needs SMTPUTF8, which this server does not offer");
}

/* A verdict of our own about a job that this server cannot take: 1, or 0. */
static int
unfit(const struct lane *l, const struct job *j, struct verdict *v)
{
	if (expire_is(l, j))
		*v = expire_verdict();
	else if (l->caps.size && compose_size(j) > l->caps.size)
		*v = own(0, 'm', "5.3.4",
		    "message is larger than this server's SIZE limit");
	else if (j->utf8 && !(l->caps.bits & REMOTE_CAP_SMTPUTF8))
		*v = no_utf8(l);
	else
		return 0;
	return 1;
}

void
transact_refuse(struct lane *l, struct job *j, const struct verdict *v)
{
	job_settle_all(j, v);
	report_result(l, j);
	transact_take(l, j);
	job_free(l->w, j);
}

void
transact_no_utf8(struct lane *l)
{
	struct verdict v = no_utf8(l);
	struct job *j, *after;

	for (j = TAILQ_FIRST(&l->jobs); j; j = after) {
		after = TAILQ_NEXT(j, entry);
		if (j->utf8)
			transact_refuse(l, j, &v);
	}
}

/* RCPTMAX of LIMITS: recipients beyond it are as good as refused. */
static void
limit_rcpts(const struct lane *l, struct job *j)
{
	struct verdict v = own(452, 'r', "4.5.3",
	    "more recipients than this server takes at a time");
	uint32_t i;

	if (!l->caps.rcptmax || j->nrcpt <= l->caps.rcptmax)
		return;
	j->nask = l->caps.rcptmax;
	for (i = j->nask; i < j->nrcpt; i++)
		job_settle(j, i, &v);
}

/* Whether the server could still be in the middle of the transaction before:
 * then RSET goes first. */
static int
needs_reset(const struct lane *l)
{
	const struct job *before = TAILQ_PREV(l->next, jobs, entry);

	if (l->needreset)
		return 1;
	return before && before->how == 'B' && !before->accepted;
}

/* Appends all commands of j that may go without waiting, and its message if
 * that may.  NULL, or why the message is damaged. */
static const char *
enqueue(struct lane *l, struct job *j)
{
	uint32_t i;
	const char *why;

	if (j->reset)
		command_rset(l);
	command_mail(l, j);
	for (i = 0; i < j->nask; i++)
		command_rcpt(l, j, i);
	j->upto = EXPECT_RCPT;
	if (!l->bdat) {
		command_data(l);
		j->upto = EXPECT_DATA;
	} else if (is_small(j)) {
		command_bdat(l, j);
		compose_put(l, j);
		why = j->flags & BUNDLE_MERGE ? NULL : load(l, j, 1);
		if (why)
			return why;
		j->upto = EXPECT_END;
		j->end = output_place(l);
	}
	return NULL;
}

/* Writes j's first commands: 0, or -1 it is damaged and gone. */
static int
start(struct lane *l, struct job *j)
{
	size_t before = output_pending(l);
	const char *why;

	j->start = output_place(l);
	j->reset = (uint8_t)needs_reset(l);
	j->expect = j->reset ? EXPECT_RSET : EXPECT_MAIL;
	j->how = l->bdat ? 'B' : 'D';
	limit_rcpts(l, j);
	if (l->pipe) {
		why = enqueue(l, j);
		if (why) {
			output_cut(l, output_pending(l) - before);
			damaged(l, j, why);
			return -1;
		}
	}
	if (!l->inflight)
		l->since = ev_now(l->w->loop);
	l->needreset = 0;
	l->next = TAILQ_NEXT(j, entry);
	l->inflight++;
	j->number = ++l->started;
	j->began = ev_now(l->w->loop);
	if (!l->pipe)
		transact_next(l, j);
	return 0;
}

int
transact_full(const struct lane *l)
{
	return (l->most && l->started >= l->most) ||
	    ev_now(l->w->loop) >= l->soft_end;
}

static int
may_start(const struct lane *l)
{
	const struct job *before;

	if (!l->next || l->dead || l->ending || l->deaf || l->closing ||
	    l->w->stopping || l->body || l->inflight >= l->depth || l->utf8 ||
	    output_pending(l) > OUTPUT_HIGH || transact_full(l))
		return 0;
	before = TAILQ_PREV(l->next, jobs, entry);
	return !before || (l->pipe && before->upto == EXPECT_END);
}

int
transact_more(const struct lane *l)
{
	return may_start(l) && l->checking != l->next && !compose_waits(l);
}

void
transact_fill(struct lane *l)
{
	struct job *j;
	struct compose_outcome o;
	struct verdict v;
	const char *why;

	while (may_start(l)) {
		j = l->next;
		if (j->utf8 && dial_may_offer_utf8(l)) {
			l->utf8 = 1;
			return;
		}
		switch (compose_look(l, j, &o)) {
		case COMPOSE_READY:
			break;
		case COMPOSE_WAIT:
			return;
		case COMPOSE_REFUSED:
			/* The server did not make us wait. */
			if (!l->inflight)
				l->since = ev_now(l->w->loop);
			transact_refuse(l, j, &o.verdict);
			continue;
		case COMPOSE_DAMAGED:
			damaged(l, j, o.why);
			continue;
		}
		if (unfit(l, j, &v)) {
			transact_refuse(l, j, &v);
			continue;
		}
		switch (check(l, j, &why)) {
		case CHECK_GOOD:
			(void)start(l, j);
			break;
		case CHECK_BAD:
			damaged(l, j, why);
			break;
		case CHECK_WAIT:
			l->since = ev_now(l->w->loop);
			lane_later(l);
			return;
		}
	}
}

/* The message itself, in either form. */
static void
message(struct lane *l, struct job *j)
{
	int plain = j->how == 'B';
	const char *why;

	j->upto = EXPECT_END;
	compose_put(l, j);
	if (!(j->flags & BUNDLE_MERGE) && j->stored > TRANSACT_SMALL) {
		output_body(l, j, plain);
		return;
	}
	why = j->flags & BUNDLE_MERGE ? NULL : load(l, j, plain);
	if (why) {
		errno = EIO;
		transact_unreadable(l, j);
		return;
	}
	transact_sent(l);
}

void
transact_sent(struct lane *l)
{
	struct job *j = TAILQ_FIRST(&l->jobs);

	while (j != l->next && (j->upto != EXPECT_END || j->end))
		j = TAILQ_NEXT(j, entry);
	if (j == l->next)
		return;
	if (j->how == 'D')
		output_add(l, ".\r\n", 3);
	j->end = output_place(l);
}

void
transact_content(struct lane *l, struct job *j)
{
	message(l, j);
}

void
transact_dot(struct lane *l, struct job *j)
{
	output_add(l, ".\r\n", 3);
	j->upto = EXPECT_END;
	j->end = output_place(l);
}

void
transact_next(struct lane *l, struct job *j)
{
	j->upto = j->expect;
	switch (j->expect) {
	case EXPECT_RSET:
		command_rset(l);
		break;
	case EXPECT_MAIL:
		command_mail(l, j);
		break;
	case EXPECT_RCPT:
		command_rcpt(l, j, j->ri);
		break;
	case EXPECT_DATA:
		command_data(l);
		break;
	case EXPECT_END:
		command_bdat(l, j);
		l->asked = output_place(l);
		message(l, j);
		return;
	}
	l->asked = output_place(l);
}
