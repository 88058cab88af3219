#include <sys/mman.h>

#include "cmd/dray-queued/queued.h"
#include "common/merge.h"

static int
is_good(const char *s, size_t n)
{
	struct merge *m = merge_open(s, n);

	merge_close(m);
	return m != NULL;
}

/* dray-remote could make nothing of it, and the campaign would have been
 * accepted. */
void
program_look(struct message *g)
{
	size_t n = (size_t)g->wire.octets;
	int good;
	void *p;

	if (!(g->m.meta.flags & BUNDLE_MERGE))
		return;
	if (g->fd == -1) {
		good = is_good(g->m.body.s, n);
	} else {
		p = mmap(NULL, n, PROT_READ, MAP_SHARED, g->fd, BUNDLE_PAGE);
		good = p != MAP_FAILED && is_good(p, n);
		if (p != MAP_FAILED)
			munmap(p, n);
	}
	if (!good)
		message_refuse(
		    g, '5', "5.6.0", "what makes the messages is malformed");
}
