#include <string.h>

#include "cmd/dray-send/owner.h"
#include "cmd/dray-send/send.h"
#include "cmd/dray-send/trial.h"

#define MS UINT64_C(1000000)
#define AGAIN (100 * MS) /* until it is looked at again */

static void
copy(char d[POLICY_LABELMAX + 1], const struct bundle_str *s)
{
	size_t n = s->len < POLICY_LABELMAX ? s->len : POLICY_LABELMAX;

	memcpy(d, s->s, n);
	d[n] = '\0';
}

/* Worked out once for each policy, and stream: it is asked for each message,
 * and for each that waits. */
static int
is_wanted(struct owner *o, uint8_t stream)
{
	struct trial *t = &o->trial;
	char tenant[POLICY_LABELMAX + 1], name[POLICY_LABELMAX + 1] = "";
	struct policy_breaker b;
	struct bundle_str s;

	if (t->asked && t->generation == self.policy.generation &&
	    t->stream == stream)
		return t->wanted;
	copy(tenant, &o->tenant);
	if (names_at(NAMES_STREAM, stream, &s))
		copy(name, &s);
	policy_breaker(&self.policy, name, tenant, &b);
	t->asked = 1;
	t->generation = self.policy.generation;
	t->stream = stream;
	t->wanted = b.enabled != 0;
	return t->wanted;
}

uint64_t
trial_when(uint16_t owner, uint8_t stream)
{
	struct owner *o = owner_at(owner);
	struct trial *t = o ? &o->trial : NULL;
	uint64_t now;

	if (!t || t->over || t->out + t->settled < TRIAL_FIRST ||
	    !o->campaign.len || !is_wanted(o, stream))
		return 0;
	now = rates_now();
	if (!t->since)
		t->since = now;
	if (!t->until && t->settled >= TRIAL_SETTLED)
		t->until = now + TRIAL_LOOK * MS;
	t->over = now >= t->since + TRIAL_LONGEST * MS ||
	    (t->until && now >= t->until);
	return t->over ? 0 : now + AGAIN;
}

void
trial_out(uint16_t owner, int n)
{
	struct owner *o = owner_at(owner);

	if (o)
		o->trial.out += (uint32_t)n;
}

void
trial_settled(uint16_t owner, unsigned int n)
{
	struct owner *o = owner_at(owner);

	if (o && !o->trial.over)
		o->trial.settled += n;
}
