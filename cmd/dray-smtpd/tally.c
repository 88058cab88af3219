#include <string.h>

#include "cmd/dray-smtpd/tally.h"
#include "common/loghead.h"

/* The last one is that of all who found no row. */
static struct tally_row rows[TALLY_ROWS + 1];
static unsigned int nrow; /* of networks */
static struct tally_row dropped;

static void
count(struct tally_row *r, uint64_t n)
{
	if (!r->n)
		r->since = loghead_now();
	r->n += n;
}

/* An IPv6 /64 is one network, as for all limits. */
static struct tally_row *
find(const struct net_addr *a)
{
	struct net_addr net = *a;
	unsigned int i;

	net.port = 0;
	if (net.family == 6)
		memset(net.ip + 8, 0, 8);
	for (i = 0; i < nrow; i++)
		if (rows[i].net.family == net.family &&
		    !memcmp(rows[i].net.ip, net.ip, sizeof net.ip))
			return &rows[i];
	if (nrow == TALLY_ROWS)
		return &rows[TALLY_ROWS];
	rows[nrow].net = net;
	return &rows[nrow++];
}

void
tally_add(const struct net_addr *a)
{
	count(find(a), 1);
}

void
tally_drop(uint64_t n)
{
	count(&dropped, n);
	dropped.dropped = 1;
}

static void
spill_one(void *arg, const struct tally_row *r)
{
	(void)arg;
	tally_drop(r->n);
	if (r->since < dropped.since)
		dropped.since = r->since;
}

void
tally_spill(void)
{
	tally_rows(spill_one, NULL);
}

void
tally_rows(tally_fn *fn, void *arg)
{
	unsigned int i;

	for (i = 0; i <= TALLY_ROWS; i++)
		if (rows[i].n)
			fn(arg, &rows[i]);
	memset(rows, 0, sizeof rows);
	nrow = 0;
}

void
tally_dropped(tally_fn *fn, void *arg)
{
	if (dropped.n)
		fn(arg, &dropped);
	memset(&dropped, 0, sizeof dropped);
}
