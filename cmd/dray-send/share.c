#include "cmd/dray-send/daily.h"
#include "cmd/dray-send/owner.h"
#include "cmd/dray-send/quota.h"
#include "cmd/dray-send/send.h"
#include "cmd/dray-send/share.h"
#include "cmd/dray-send/trial.h"

static struct meter *
share(char kind, const struct bundle_str *name)
{
	struct policy_share s;
	struct meter *q;

	if (!name->len ||
	    !policy_share(&self.policy, kind, name->s, name->len, &s) ||
	    (!s.connections && !s.message_rate && !s.daily_messages))
		return NULL;
	q = meter_take(kind, name->s, name->len);
	meter_set(q, s.connections, s.message_rate, s.message_burst);
	meter_day(q, s.daily_messages);
	return q;
}

/* Once for each policy. */
static void
refresh(struct owner *o)
{
	struct meter *old[2] = { o->share[0], o->share[1] };
	int i;

	o->generation = self.policy.generation;
	o->share[0] = share('t', &o->tenant);
	o->share[1] = share('c', &o->campaign);
	for (i = 0; i < 2; i++) {
		meter_use(o->share[i], (int)o->jobs);
		meter_use(old[i], -(int)o->jobs);
		meter_drop(old[i]);
	}
}

struct meter *const *
share_meters(uint16_t owner)
{
	static struct meter *const none[2];
	struct owner *o = owner_at(owner);

	if (!o)
		return none;
	if (o->generation != self.policy.generation)
		refresh(o);
	return o->share;
}

void
quota_forget(struct owner *o)
{
	meter_drop(o->share[0]);
	meter_drop(o->share[1]);
}

void
quota_job(uint16_t owner, int n)
{
	struct meter *const *s = share_meters(owner);
	struct owner *o = owner_at(owner);

	if (!o)
		return;
	meter_use(s[0], n);
	meter_use(s[1], n);
	o->jobs += (uint32_t)n;
}

int
quota_owner(struct group *g, uint16_t owner, uint8_t stream, uint64_t want,
    uint64_t *when_r)
{
	struct meter *const *s = share_meters(owner);
	uint64_t at;
	int i;

	*when_r = trial_when(owner, stream);
	for (i = 0; i < 2; i++) {
		if (meter_full(s[i])) {
			meter_wait(s[i], g);
			*when_r = UINT64_MAX;
			return 0;
		}
		at = meter_when(s[i]);
		if (at > *when_r)
			*when_r = at;
		at = meter_day_when(s[i], stream, want);
		if (at > *when_r)
			*when_r = at;
	}
	if (*when_r == DAILY_DISK)
		quota_wait_disk(g);
	return *when_r == 0;
}

int
quota_limits(uint16_t owner)
{
	struct meter *const *s = share_meters(owner);

	return s[0] || s[1];
}
