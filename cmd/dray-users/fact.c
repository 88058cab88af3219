#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cmd/dray-users/fact.h"
#include "common/addr.h"
#include "common/amount.h"
#include "common/chars.h"
#include "common/idn.h"
#include "common/policy.h"

#define RECIPIENTS_MAX 1000000

static const char *
set_name(char *d, const char *v, int plain)
{
	size_t n = strlen(v);

	if (n > SETTINGS_MAX)
		return "has more than 64 characters";
	if (plain ? !chars_name(v, n) : !chars_ascii(v, n))
		return plain ? "has other characters than A-Z a-z 0-9 . _ -"
			     : "has other characters than printable ASCII";
	memcpy(d, v, n + 1);
	return NULL;
}

static const char *
set_stream(struct account *a, const char *v)
{
	return set_name(a->stream, v, 1);
}

static const char *
set_route(struct account *a, const char *v)
{
	return set_name(a->route, v, 1);
}

static const char *
set_tenant(struct account *a, const char *v)
{
	return set_name(a->tenant, v, 0);
}

static const char *
set_control(struct account *a, const char *v)
{
	a->control = strcmp(v, "yes") == 0;
	return a->control || !*v || strcmp(v, "no") == 0
	    ? NULL
	    : "is neither yes nor no";
}

static const char *
number(const char *v, uint64_t max, uint64_t *n_r)
{
	*n_r = 0;
	if (*v && (amount_scan(amount_numbers, v, n_r) == -1 || *n_r > max))
		return "is not a number that it can have";
	return NULL;
}

static const char *
set_quota(struct account *a, const char *v)
{
	return number(v, POLICY_QUOTAMAX, &a->quota);
}

static const char *
set_recipients(struct account *a, const char *v)
{
	uint64_t n;
	const char *wrong = number(v, RECIPIENTS_MAX, &n);

	a->recipients = (uint32_t)n;
	return wrong;
}

static const char *
set_rate(struct account *a, const char *v)
{
	uint64_t rate = 0;

	if (*v &&
	    (amount_rate(amount_numbers, v, &rate) == -1 ||
		POLICY_RATE_SECONDS(rate) > 86400 ||
		(rate && !POLICY_RATE_SECONDS(rate))))
		return "is not a rate such as 100/h, of a day at most";
	a->rate = rate;
	return NULL;
}

/* One more pattern: a domain, *.domain, * or <>. */
static const char *
add_domain(struct account *a, const char *s, size_t n)
{
	char d[2 + ADDR_DOMAINMAX];
	size_t below = n > 2 && !memcmp(s, "*.", 2) ? 2 : 0, len,
	       at = strlen(a->domains);

	if ((n == 1 && *s == '*') || (n == 2 && !memcmp(s, "<>", 2))) {
		memcpy(d, s, len = n);
	} else {
		d[0] = '*';
		d[1] = '.';
		len = idn_ascii(d + below, s + below, n - below);
		if (!len)
			return "is not a list of domains";
		len += below;
	}
	if (at + 1 + len > ACCOUNT_DOMAINSMAX)
		return "has more than 1024 characters";
	if (at)
		a->domains[at++] = ' ';
	memcpy(a->domains + at, d, len);
	a->domains[at + len] = '\0';
	return NULL;
}

static const char *
set_domains(struct account *a, const char *v)
{
	const char *wrong = NULL;
	size_t n;

	a->domains[0] = '\0';
	for (; *v && !wrong; v += n) {
		v += strspn(v, " ,");
		n = strcspn(v, " ,");
		if (n)
			wrong = add_domain(a, v, n);
	}
	return wrong;
}

/* clang-format off */
static const struct {
	const char *key;
	const char *(*set)(struct account *a, const char *v);
} facts[] = {
	{ "stream", set_stream }, { "route", set_route },
	{ "tenant", set_tenant }, { "domains", set_domains },
	{ "quota", set_quota }, { "rate", set_rate },
	{ "recipients", set_recipients }, { "x-dray", set_control },
};
/* clang-format on */

const char *
fact_set(struct account *a, const char *word)
{
	size_t n = strcspn(word, "="), i;

	if (!word[n])
		return "is not key=value";
	for (i = 0; i < sizeof facts / sizeof *facts; i++)
		if (strlen(facts[i].key) == n && !memcmp(facts[i].key, word, n))
			return facts[i].set(a, word + n + 1);
	return "has no key that is known";
}

static void
print(const char *name, const char *key, const char *v)
{
	if (*v)
		printf("%s %s=%s\n", name, key, v);
}

void
fact_print(const char *name, const struct account *a)
{
	char rate[AMOUNT_FMTMAX];

	print(name, "stream", a->stream);
	print(name, "route", a->route);
	print(name, "tenant", a->tenant);
	print(name, "domains", a->domains);
	if (a->quota)
		printf("%s quota=%" PRIu64 "\n", name, a->quota);
	amount_fmt_rate(rate, amount_numbers, a->rate);
	print(name, "rate", a->rate ? rate : "");
	if (a->recipients)
		printf("%s recipients=%" PRIu32 "\n", name, a->recipients);
	print(name, "x-dray", a->control ? "yes" : "");
}
