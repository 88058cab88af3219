#include <stdlib.h>
#include <string.h>

#include "cmd/dray-fsck/fsck.h"
#include "common/ledger.h"
#include "common/mem.h"

struct seen {
	unsigned char chunk[LEDGER_CHUNKS];
	int twice;
};

static int
take(void *arg, const struct ledger_chunk *c)
{
	struct seen *s = arg;

	s->twice |= s->chunk[c->number];
	s->chunk[c->number] = 1;
	return 0;
}

/* A line at the end that is torn was never used, and the next start takes it
 * away. */
void
campaign_look(struct fsck *k, int fd, const struct stat *st)
{
	static struct seen seen;
	struct ledger_head h;
	size_t n, whole;
	char *s;

	if (!ledger_name_ok(k->name, strlen(k->name)))
		say(k, "not the name of a campaign");
	s = file_read(k, fd, st, LEDGER_MAX, "ledger", &n);
	if (!s)
		return;
	memset(&seen, 0, sizeof seen);
	if (ledger_read(s, n, &h, take, &seen, &whole) == -1)
		say(k, "a line behind %zu octets is damaged", whole);
	else if (seen.twice)
		say(k, "a chunk is in it twice");
	free(s);
}
