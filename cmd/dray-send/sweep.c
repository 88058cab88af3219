#include "cmd/dray-send/send.h"

uint32_t
queue_sweep_list(
    uint32_t *first, uint32_t *last, queue_sweep_fn *sweep, void *arg)
{
	uint32_t n = *first, next, kept = 0, gone = 0;
	struct run *r;
	int v;

	for (*first = 0; n; n = next) {
		r = run_at(n);
		next = r->next;
		r->next = 0;
		v = sweep(arg, n);
		if (v == 1) {
			gone++;
			continue;
		}
		if (kept)
			run_at(kept)->next = n;
		else
			*first = n;
		kept = n;
		/* Enough for now: the rest stays as it is. */
		if (v == 2 && next) {
			r->next = next;
			return gone;
		}
	}
	*last = kept;
	return gone;
}
