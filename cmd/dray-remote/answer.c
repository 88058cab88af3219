#include <string.h>

#include "answer.h"
#include "job.h"
#include "lane.h"
#include "report.h"
#include "transact.h"
#include "worker.h"

char
answer_phase(const struct lane *l)
{
	static const char phases[] = { 's', 'm', 'r', 'i', 'd', '-' };
	const struct job *j = TAILQ_FIRST(&l->jobs);

	return l->inflight ? phases[j->expect] : '-';
}

/* The reply just read, as the fate of recipients. */
static struct verdict
verdict(const struct lane *l)
{
	const struct smtpreply *r = &l->reply;
	struct verdict v;

	memset(&v, 0, sizeof v);
	v.code = r->code;
	v.phase = answer_phase(l);
	memcpy(v.status, r->status, sizeof v.status);
	v.text = r->text;
	v.len = r->len;
	return v;
}

static void
protocol(struct lane *l, const char *what)
{
	lane_say(l, what);
	lane_down(l, REMOTE_DOWN_PROTOCOL, answer_phase(l));
}

/* All that can be known of the first job is known. */
static void
finish(struct lane *l, struct job *j)
{
	report_result(l, j);
	l->done++;
	transact_take(l, j);
	job_free(l->w, j);
}

/* Now this reply is awaited.  Where commands go one by one, its command
 * goes. */
static void
await(struct lane *l, struct job *j, enum expect e)
{
	j->expect = (uint8_t)e;
	if (e != EXPECT_DONE && !l->pipe)
		transact_next(l, j);
}

/* All replies to RCPT have come. */
static void
after_rcpts(struct lane *l, struct job *j)
{
	if (j->upto >= EXPECT_DATA) {
		await(l, j, (enum expect)j->upto);
	} else if (!job_settled(j)) {
		j->expect = j->how == 'B' ? EXPECT_END : EXPECT_DATA;
		transact_next(l, j);
	} else {
		l->needreset = !j->refused;
		await(l, j, EXPECT_DONE);
	}
}

static void
take_mail(struct lane *l, struct job *j)
{
	struct verdict v = verdict(l);

	if (v.code == 503) {
		lane_say_reply(l);
		lane_down(l, REMOTE_DOWN_PROTOCOL, 'm');
		return;
	}
	j->first = ev_now(l->w->loop);
	if (v.code >= 400) {
		j->refused = 1;
		job_settle_all(j, &v);
		/* Whoever took some and then has no room for more means this
		 * connection, as often as not. */
		if (v.code == 452 && l->taken)
			l->most = l->started;
	}
	j->ri = 0;
	await(l, j, j->refused && !l->pipe ? EXPECT_DONE : EXPECT_RCPT);
}

static void
take_rcpt(struct lane *l, struct job *j)
{
	struct verdict v = verdict(l);

	if (v.code == 552) {
		v.code = 452;
		if (*v.status)
			*v.status = '4';
	}
	if (v.code >= 400)
		job_settle(j, j->ri, &v);
	else if (!j->refused)
		j->accepted++;
	if (++j->ri < j->nask)
		await(l, j, EXPECT_RCPT);
	else
		after_rcpts(l, j);
}

static void
take_data(struct lane *l, struct job *j)
{
	struct verdict v = verdict(l);

	if (v.code >= 400) {
		job_settle_all(j, &v);
		l->needreset = !j->refused;
		j->expect = EXPECT_DONE;
		return;
	}
	j->expect = EXPECT_END;
	if (!job_settled(j))
		transact_content(l, j);
	else
		transact_dot(l, j);
}

/* A reply to BDAT that speaks of the command and not of the message. */
static int
is_broken(const struct lane *l, const struct job *j)
{
	static const uint16_t codes[] = { 500, 501, 502, 503, 555 };
	size_t i;

	if (j->how != 'B' || !j->accepted)
		return 0;
	for (i = 0; i < sizeof codes / sizeof *codes; i++)
		if (l->reply.code == codes[i])
			return 1;
	return 0;
}

static void
chunking_broken(struct lane *l, struct job *j)
{
	broken_add(&l->w->broken, &l->targets[l->at].ip, ev_now(l->w->loop), 1);
	j->nochunks = 1;
	lane_say_reply(l);
	lane_down(l, REMOTE_DOWN_PROTOCOL, 'd');
}

static void
chunking_works(struct lane *l)
{
	if (l->bdatworks)
		return;
	l->bdatworks = 1;
	broken_works(&l->w->broken, &l->targets[l->at].ip, ev_now(l->w->loop));
}

static void
take_end(struct lane *l, struct job *j)
{
	struct verdict v = verdict(l);
	int early = !j->end || l->written < j->end;

	if (is_broken(l, j)) {
		chunking_broken(l, j);
		return;
	}
	if (early && v.code < 400) {
		protocol(l, "message accepted before it was sent");
		return;
	}
	if (v.code < 300) {
		v.code = 250;
		if (j->accepted)
			l->taken = 1;
		if (j->accepted && j->how == 'B')
			chunking_works(l);
	} else if (j->how == 'B' && l->inflight == 1) {
		l->needreset = 1;
	}
	job_settle_all(j, &v);
	j->expect = EXPECT_DONE;
	if (early) {
		/* It does not want the rest, and the next commands would
		 * stand behind that. */
		lane_say_reply(l);
		lane_down(l, REMOTE_DOWN_REPLY, 'd');
	}
}

static void
dispatch(struct lane *l, struct job *j)
{
	switch (j->expect) {
	case EXPECT_RSET:
		/* Refused?  Then MAIL will be, if it matters. */
		await(l, j, EXPECT_MAIL);
		break;
	case EXPECT_MAIL:
		take_mail(l, j);
		break;
	case EXPECT_RCPT:
		take_rcpt(l, j);
		break;
	case EXPECT_DATA:
		take_data(l, j);
		break;
	case EXPECT_END:
		take_end(l, j);
		break;
	}
}

/* 421: the server will hang up.  The job that it answers is settled, so that
 * one which always meets a 421 cannot stop all others for ever.  Some servers
 * go on all the same, so the replies are counted on. */
static void
take_421(struct lane *l, struct job *j)
{
	struct verdict v = verdict(l);

	lane_say_reply(l);
	l->last.phase = v.phase;
	l->ending = 1;
	if (!j)
		return;
	if (j->expect != EXPECT_RSET)
		job_settle_all(j, &v);
	if (l->pipe)
		dispatch(l, j);
	else if (j->expect != EXPECT_RSET)
		j->expect = EXPECT_DONE;
}

/* 1 if a reply can have been given to something we sent. */
static int
asked(const struct lane *l, const struct job *j)
{
	return j && l->written > j->start &&
	    (l->pipe || l->written >= l->asked);
}

void
answer_take(struct lane *l)
{
	struct job *j = l->inflight ? TAILQ_FIRST(&l->jobs) : NULL;
	uint16_t code = l->reply.code;

	if (!asked(l, j) && !(j && j->expect == EXPECT_END)) {
		if (code != 421) {
			lane_say_reply(l);
			lane_down(l, REMOTE_DOWN_PROTOCOL, '-');
			return;
		}
		j = NULL;
	}
	if (code == 421)
		take_421(l, j);
	else if (code / 100 == 3 ? code != 354 || j->expect != EXPECT_DATA
				 : code < 300 && j->expect == EXPECT_DATA)
		protocol(l, "a reply that belongs to another command");
	else
		dispatch(l, j);
	if (j && j->expect == EXPECT_DONE)
		finish(l, j);
	if (l->ending && !l->inflight)
		lane_down(l, REMOTE_DOWN_REPLY, l->last.phase);
}

void
answer_lost(struct lane *l)
{
	const struct job *j = l->inflight ? TAILQ_FIRST(&l->jobs) : NULL;

	if (!j || j->how != 'B' || !j->end || l->written <= j->start ||
	    l->bdatworks || l->done)
		return;
	broken_add(&l->w->broken, &l->targets[l->at].ip, ev_now(l->w->loop), 0);
}
