#include "cmd/dray-send/send.h"

/*
 * How far a run is handed out in a pass through its recipients.  Few of them
 * are at a time, so that this is kept apart.
 */
struct pass {
	uint32_t entry; /* of the run, in the index */
	uint16_t cut; /* recipients handed out */
	uint16_t flying; /* of them in jobs or notices */
};

void
run_init(void)
{
	pool_init(&self.passes, sizeof(struct pass));
}

static struct pass *
of(const struct run *r)
{
	return pool_at(&self.passes, r->entry);
}

static struct pass *
begin(struct run *r)
{
	uint32_t n;
	struct pass *p;

	if (r->inpass)
		return of(r);
	n = pool_take(&self.passes);
	p = pool_at(&self.passes, n);
	p->entry = r->entry;
	r->entry = n;
	r->inpass = 1;
	return p;
}

static void
end(struct run *r)
{
	uint32_t n = r->entry;

	if (of(r)->cut || of(r)->flying)
		return;
	r->entry = of(r)->entry;
	r->inpass = 0;
	pool_give(&self.passes, n);
}

/* Recipients that were handed out, or cannot be any more. */
uint16_t
run_cut(const struct run *r)
{
	if (r->dead)
		return (uint16_t)r->count;
	return r->inpass ? of(r)->cut : 0;
}

uint16_t
run_uncut(const struct run *r)
{
	return (uint16_t)(r->count - run_cut(r));
}

uint16_t
run_flying(const struct run *r)
{
	return r->inpass ? of(r)->flying : 0;
}

/* Where it is in the index. */
uint32_t
run_entry(const struct run *r)
{
	return r->inpass ? of(r)->entry : r->entry;
}

void
run_setcut(struct run *r, uint16_t n)
{
	if (!n && !r->inpass)
		return;
	begin(r)->cut = n;
	end(r);
}

/* So many more, or less, of its recipients are out. */
void
run_fly(struct run *r, int n)
{
	struct pass *p = begin(r);

	p->flying = (uint16_t)(p->flying + n);
	end(r);
}
