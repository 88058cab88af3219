#include "answer.h"
#include "expire.h"
#include "transact.h"
#include "worker.h"

#define TEXT "could not be delivered in time"

int
expire_is(const struct lane *l, const struct job *j)
{
	return j->expiry <= ev_now(l->w->loop);
}

struct verdict
expire_verdict(void)
{
	struct verdict v = { .code = 0, .phase = '-', .status = "5.4.7" };

	v.text = TEXT;
	v.len = sizeof TEXT - 1;
	return v;
}

/* The job that is being sent, if its end has not been. */
static const struct job *
underway(const struct lane *l)
{
	const struct job *j = l->inflight ? TAILQ_FIRST(&l->jobs) : NULL;

	if (!j || l->state != LANE_READY || l->dead || l->ending)
		return NULL;
	return j->end && l->written >= j->end ? NULL : j;
}

double
expire_due(const struct lane *l)
{
	const struct job *j = underway(l);
	double at = l->next ? l->expiry : EXPIRE_NEVER;

	return j && j->expiry < at ? j->expiry : at;
}

void
expire_some(struct lane *l)
{
	const struct job *head = underway(l);
	const struct verdict v = expire_verdict();
	struct job *j, *after;

	l->expiry = EXPIRE_NEVER;
	for (j = l->next; j; j = after) {
		after = TAILQ_NEXT(j, entry);
		if (expire_is(l, j))
			transact_refuse(l, j, &v);
		else if (j->expiry < l->expiry)
			l->expiry = j->expiry;
	}
	if (head && expire_is(l, head)) {
		lane_say(l, "the time of a message was over");
		lane_down(l, REMOTE_DOWN_QUIT, answer_phase(l));
	}
	lane_touch(l);
}
