#include <errno.h>
#include <string.h>

#include <skalibs/strerr.h>

#include "cmd/dray-tune/address.h"
#include "cmd/dray-tune/breaker.h"
#include "cmd/dray-tune/owner.h"
#include "cmd/dray-tune/tune.h"
#include "cmd/dray-tune/way.h"

static const char *const types[] = { "Delivery", "Bounce", "TransientFailure",
	"Session", "Override", "OOB", "Feedback", "Unsubscribe", NULL };

/* Word that mail is late, or was delivered, came from some server; it decides
 * nothing. */
static int
is_idle(const struct logevent *e)
{
	return logevent_is(e, LOGEVENT_TYPE, "OOB") && *e->s[LOGEVENT_ACTION] &&
	    !logevent_is(e, LOGEVENT_ACTION, "failed");
}

static void
mail(struct logevent *e, uint64_t when)
{
	if (is_idle(e))
		return;
	if (*e->s[LOGEVENT_OWNER_HASH])
		owner_tell(e);
	else
		owner_learn(e);
	way_event(e, when);
	breaker_event(e, when);
	address_event(e, when);
}

static void
event(struct logevent *e)
{
	uint64_t when = stamp_ms(e->s[LOGEVENT_TIME]);

	if (!when)
		return;
	if (logevent_is(e, LOGEVENT_TYPE, "Override")) {
		if (logevent_is(e, LOGEVENT_STATE, "begin"))
			return;
		breaker_ended(e->s[LOGEVENT_OVERRIDE]);
		way_ended(e->s[LOGEVENT_OVERRIDE]);
	} else {
		mail(e, when);
	}
}

static void
lines(const char *s, size_t len)
{
	static struct logevent e;
	const char *nl;
	size_t n;

	for (; len; s += n, len -= n) {
		nl = memchr(s, '\n', len);
		n = nl ? (size_t)(nl - s) + 1 : len;
		if (logevent_any(s, n, types) && logevent_read(&e, s, n) == 0)
			event(&e);
	}
}

int
follow_turn(void)
{
	const char *s;
	size_t n;
	int r = logread_read(&self.log, &s, &n);

	if (r == -1 && errno == ENOEXEC)
		strerr_dief(111,
		    "it is so far behind the log that it reads "
		    "on from a new start");
	if (r == -1)
		strerr_diefusys(111, "read the log of ", self.base);
	if (r == 0)
		return 0;
	lines(s, n);
	logread_done(&self.log, n);
	state_changed();
	return 1;
}

void
follow_catch_up(void)
{
	while (follow_turn())
		;
}
