#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "common/addr.h"
#include "say.h"
#include "site.h"

#define MESSAGEMAX (1ULL << 30) /* without a policy; dray-queued has one */
#define RCPTMAX 1000000

static void
defaults(struct site *s)
{
	memset(s, 0, sizeof *s);
	s->max_message = MESSAGEMAX;
	s->max_recipients = RCPTMAX;
	if (gethostname(s->hostname, sizeof s->hostname - 1) == -1 ||
	    !addr_domain_ok(s->hostname, strlen(s->hostname)))
		memcpy(s->hostname, "localhost", sizeof "localhost");
	memcpy(s->domain, s->hostname, sizeof s->domain);
}

void
site_load(struct site *s, const char *base)
{
	struct policy_queue q;
	struct policy_node n;
	struct policy p;
	char path[4096];

	defaults(s);
	if ((size_t)snprintf(path, sizeof path, "%s/policy/policy.cdb", base) >=
	    sizeof path)
		say_die(EX_USAGE, "the name of the base directory is too long");
	if (policy_open(&p, path) == -1) {
		if (errno == EPROTO)
			say_die(EX_CONFIG, "%s is damaged", path);
		return;
	}
	policy_queue(&p, &q);
	policy_node(&p, &n);
	policy_close(&p);
	if (n.hostname[0])
		memcpy(s->hostname, n.hostname, sizeof s->hostname);
	memcpy(
	    s->domain, n.domain[0] ? n.domain : s->hostname, sizeof s->domain);
	s->max_message = q.max_message;
	s->max_recipients = q.max_recipients;
}

static int
good(const char *s)
{
	struct addr a;

	return addr_split(s, strlen(s), &a) == 0;
}

void
site_user(const struct site *s, char *d, size_t max)
{
	const struct passwd *pw = getpwuid(getuid());

	if (pw) {
		snprintf(d, max, "%s@%s", pw->pw_name, s->domain);
		if (good(d))
			return;
	}
	snprintf(d, max, "uid%lu@%s", (unsigned long)getuid(), s->domain);
	if (!good(d))
		say_die(EX_CONFIG, "%.80s: no domain for addresses", s->domain);
}

void
site_fullname(char *d, size_t max)
{
	const struct passwd *pw = getpwuid(getuid());

	d[0] = '\0';
	if (pw && pw->pw_gecos)
		snprintf(d, max, "%.*s", (int)strcspn(pw->pw_gecos, ","),
		    pw->pw_gecos);
	if (strchr(d, '&')) /* the old way to say the login name */
		d[0] = '\0';
}
