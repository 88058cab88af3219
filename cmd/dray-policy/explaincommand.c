#include <getopt.h>
#include <string.h>

#include <skalibs/strerr.h>

#include "cmd/dray-policy/explaincommand.h"
#include "cmd/dray-policy/inforce.h"
#include "cmd/dray-policy/mxask.h"
#include "cmd/dray-policy/value.h"

static const struct option known[] = {
	{ "stream", required_argument, NULL, 's' },
	{ "route", required_argument, NULL, 'r' },
	{ "tenant", required_argument, NULL, 't' },
	{ "campaign", required_argument, NULL, 'c' },
	{ "sender", required_argument, NULL, 'f' },
	{ "from", required_argument, NULL, 'F' },
	{ "mx", required_argument, NULL, 'm' },
	{ NULL, 0, NULL, 0 },
};

static void
set_name(char *d, const char *option, const char *s)
{
	if (value_label(d, s) == -1)
		strerr_dief(100, "--", option, " ", s, ": not a name");
}

/* Hosts and domains as DNS gives them. */
static void
set_domain(char *d, const char *what, const char *s)
{
	size_t n = strlen(s);
	char name[POLICY_NAMEMAX + 2];

	if (n >= sizeof name)
		n = 0;
	memcpy(name, s, n);
	if (n > 1 && name[n - 1] == '.')
		n--;
	name[n] = '\0';
	if (value_domain(d, name) == -1)
		strerr_dief(100, what, s);
}

static void
add_mx(struct explain_query *q, const char *s)
{
	if (q->nmx == EXPLAIN_MXMAX)
		strerr_dief(100, "--mx: more than 32 hosts");
	set_domain(q->mx_name[q->nmx], "not a host: ", s);
	q->mx[q->nmx] = q->mx_name[q->nmx];
	q->nmx++;
}

static void
set_sender(struct explain_query *q, const char *s)
{
	if (!strcmp(s, "*") || value_sender(q->sender, s) == -1)
		strerr_dief(100, "--sender ", s, ": not an address");
	q->issender = 1;
	if (!strcmp(q->sender, "<>"))
		q->sender[0] = '\0';
}

static void
set_from(struct explain_query *q, const char *s)
{
	const char *at = strrchr(s, '@');

	set_domain(q->from, "--from: not a domain: ", at ? at + 1 : s);
	q->isfrom = 1;
}

static int
set(struct explain_query *q, int c, const char *arg)
{
	if (c == 's')
		set_name(q->stream, "stream", arg);
	else if (c == 'r')
		set_name(q->route, "route", arg);
	else if (c == 't')
		set_name(q->tenant, "tenant", arg);
	else if (c == 'c')
		set_name(q->campaign, "campaign", arg);
	else if (c == 'f')
		set_sender(q, arg);
	else if (c == 'F')
		set_from(q, arg);
	else if (c == 'm')
		add_mx(q, arg);
	else
		return -1;
	return 0;
}

int
explaincommand_parse(struct explain_query *q, const char *const *args, int n)
{
	const char *at;
	int c;

	memset(q, 0, sizeof *q);
	opterr = 0;
	optind = 1;
	while ((c = getopt_long(
		    n, (char *const *)(uintptr_t)args, "", known, NULL)) != -1)
		if (set(q, c, optarg) == -1)
			return -1;
	if (optind != n - 1)
		return -1;
	at = strrchr(args[optind], '@');
	set_domain(q->domain, "not a domain: ", at ? at + 1 : args[optind]);
	return 0;
}

int
explaincommand_run(
    const struct view *v, struct explain_query *q, const char *base, FILE *out)
{
	static struct mxask a;

	if (!q->nmx && explain_asks(v, q)) {
		q->isasked = 1;
		mxask(base, q->domain, &a);
		q->why = a.why;
		memcpy(q->mx, a.host, sizeof a.host);
		q->nmx = a.nhost;
		q->addr = a.addr;
		q->naddr = a.naddr;
	}
	if (explain(v, q, out) == -1)
		return -1;
	inforce_put(base, q, out);
	return 0;
}
