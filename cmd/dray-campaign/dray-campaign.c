/*
 * dray-campaign - one template, a list of recipients: a message for each.  See
 * dray-campaign(1).
 *
 * It promises that nothing is queued before all of the list was read and is
 * good, and that a campaign of an id is queued once, however often it runs and
 * wherever it or dray-queued was ended: what was queued is dray-queued's to
 * remember (ledger.h), and the same input makes the same chunks.
 *
 * Memory does not grow with the list (parts.c).
 */
#include <signal.h>
#include <stdio.h>
#include <sodium.h>
#include <skalibs/strerr.h>

#include "campaign.h"

static void
summary(const struct campaign *c)
{
	const struct counts *n = &c->n;

	say_line("%llu row%s: %llu accepted, %llu suppressed, %llu duplicate, "
		 "%llu malformed",
	    (unsigned long long)n->rows, n->rows == 1 ? "" : "s",
	    (unsigned long long)n->accepted, (unsigned long long)n->suppressed,
	    (unsigned long long)n->duplicate, (unsigned long long)n->malformed);
}

int
main(int argc, char **argv)
{
	static struct campaign c;
	struct when when;
	int wrong = 0, news = 1;

	PROG = "dray-campaign";
	signal(SIGPIPE, SIG_IGN);
	if (sodium_init() == -1)
		say_die(111, "no random numbers");
	options_read(&c.o, argc, argv);
	when_read(&when, &c.o, time(NULL)); /* a mistake is told at once */
	stralloc_free(&when.windows);
	template_read(&c.t, &c.o);
	if (c.o.dry)
		when_warn(&when, &c.o, time(NULL));
	else
		queue_look(&c);
	mergerow_init(&c.row, c.t.merge);
	reject_open(&c.o);
	c.parts = parts_new();
	interrupt_says("nothing was queued by this run");
	list_read(&c);
	parts_once(c.parts, &c.n);
	reject_close();
	if (c.n.accepted == 0)
		say_die(100, "%s",
		    c.n.rows == 1 ? "the only row has no good address"
				  : "no row has a good address");
	if (c.o.dry)
		wrong = sample_end(&c);
	else if (c.o.test)
		queue_test(&c);
	else
		news = queue_all(&c);
	progress_end();
	if (news && !c.o.quiet)
		summary(&c);
	return wrong ? 100 : 0;
}
