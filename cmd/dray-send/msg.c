#include "cmd/dray-send/owner.h"
#include "cmd/dray-send/plan.h"
#include "cmd/dray-send/send.h"
#include "cmd/dray-send/tuple.h"

static struct msg *
at(uint32_t n)
{
	return pool_at(&self.msgs, n);
}

struct msg *
run_msg(const struct run *r)
{
	return at(r->msg);
}

/* Whoever made it drops it, too; and each of its runs does. */
uint32_t
msg_new(uint32_t slot, uint32_t number, const struct bundle_msg *m)
{
	uint32_t n = pool_take(&self.msgs);
	struct msg *p = at(n);

	p->slot = slot;
	p->number = number;
	p->arrival = (uint32_t)(bundle_from(m) / 1000000);
	p->expiry = m->expiry > UINT32_MAX ? UINT32_MAX : (uint32_t)m->expiry;
	p->stream = names_get(NAMES_STREAM, &m->stream);
	p->route = names_get(NAMES_ROUTE, &m->route);
	p->tuple = tuple_take(m);
	p->owner = owner_take(m);
	p->plan = plan_take(m);
	p->runs = 1;
	return n;
}

void
msg_drop(uint32_t n)
{
	struct msg *p = at(n);

	if (--p->runs)
		return;
	tuple_drop(p->tuple);
	owner_drop(p->owner);
	plan_drop(p->plan);
	pool_give(&self.msgs, n);
}
