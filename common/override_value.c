#include <arpa/inet.h>
#include <string.h>

#include "common/addr.h"
#include "common/amount.h"
#include "common/chars.h"
#include "common/override.h"
#include "common/policy.h"
#include "common/policykey.h"

#define RATE_MOST 10000000 /* of a rate in the policy */

/* Names are those of the limits that they change, where there is one. */
static const char *const actions[OVERRIDE_ACTIONS] = { "pause", "slow",
	"connections", "messages-per-connection", "recipients-per-message",
	"skip-host", "reroute", "message-rate", "restream" };

const char *
override_name(enum override_action action)
{
	return actions[action];
}

int
override_action(const char *s, size_t len)
{
	int i;

	for (i = 0; i < OVERRIDE_ACTIONS; i++)
		if (strlen(actions[i]) == len &&
		    memcmp(actions[i], s, len) == 0)
			return i;
	return -1;
}

/* "0.25" in parts of OVERRIDE_WHOLE; 0 it is none. */
static uint32_t
factor(const char *s)
{
	uint32_t n, unit = OVERRIDE_WHOLE;

	if ((s[0] != '0' && s[0] != '1') || (s[1] && s[1] != '.'))
		return 0;
	n = s[0] == '1' ? unit : 0;
	for (s += s[1] ? 2 : 1; *s >= '0' && *s <= '9' && unit > 1; s++) {
		unit /= 10;
		n += (uint32_t)(*s - '0') * unit;
	}
	return *s || n > OVERRIDE_WHOLE || n < OVERRIDE_WHOLE / 100 ? 0 : n;
}

/* Without zeros in front; 0 it is none. */
static uint32_t
number(const char *s)
{
	uint32_t n = 0;

	if (*s == '0')
		return 0;
	for (; *s >= '0' && *s <= '9' && n <= OVERRIDE_MOST; s++)
		n = n * 10 + (uint32_t)(*s - '0');
	return *s || n > OVERRIDE_MOST ? 0 : n;
}

/* An address has one form too. */
static const char *
host(struct override *o)
{
	unsigned char ip[16];
	int family;

	for (family = AF_INET;; family = AF_INET6) {
		if (inet_pton(family, o->value, ip) == 1 &&
		    inet_ntop(family, ip, o->value, sizeof o->value))
			return NULL;
		if (family == AF_INET6)
			break;
	}
	addr_lower(o->value, o->value, strlen(o->value));
	return o->value[0] != '[' && addr_domain_ok(o->value, strlen(o->value))
	    ? NULL
	    : "a value that is no host";
}

static const char *
rate(struct override *o)
{
	uint64_t r;

	if (amount_rate(amount_numbers, o->value, &r) == -1 || !r ||
	    POLICY_RATE_COUNT(r) > RATE_MOST || !POLICY_RATE_SECONDS(r) ||
	    POLICY_RATE_SECONDS(r) > POLICYKEY_SECONDS_MAX)
		return "a value that is no rate like 7/s, 100/min or 10/30s";
	amount_fmt_rate(o->value, amount_numbers, r);
	o->rate = r;
	return NULL;
}

static int
is_name(const char *s, size_t most)
{
	size_t n = strlen(s);

	return n <= most && chars_name(s, n);
}

const char *
override_value(struct override *o, const char *s, size_t len)
{
	o->value[0] = '\0';
	o->number = 0;
	o->rate = 0;
	if (!len || len > OVERRIDE_VALUEMAX || memchr(s, '\0', len))
		return "a value that is empty or too long";
	memcpy(o->value, s, len);
	o->value[len] = '\0';
	switch (o->action) {
	case OVERRIDE_PAUSE:
		return "a value that this action does not have";
	case OVERRIDE_SLOW:
		o->number = factor(o->value);
		return o->number ? NULL
				 : "a value that is no factor from 0.01 to 1";
	case OVERRIDE_SKIP:
		return host(o);
	case OVERRIDE_RATE:
		return rate(o);
	case OVERRIDE_REROUTE:
		return is_name(o->value, POLICY_LABELMAX)
		    ? NULL
		    : "a value that is no route";
	case OVERRIDE_RESTREAM:
		return is_name(o->value, POLICY_STREAMNAME)
		    ? NULL
		    : "a value that is no stream";
	default:
		o->number = number(o->value);
		return o->number ? NULL
				 : "a value that is no number from 1 to "
				   "1000000";
	}
}

const char *
override_check(const struct override *o)
{
	static const unsigned int one =
	    1u << SCOPE_ID | 1u << SCOPE_BUNDLE | 1u << SCOPE_SOURCE;
	static const unsigned int where = 1u << SCOPE_DESTINATION |
	    1u << SCOPE_PROVIDER | 1u << SCOPE_ROUTE | 1u << SCOPE_SOURCE;

	if (o->action == OVERRIDE_PAUSE)
		return NULL;
	if (!o->value[0])
		return "no value";
	if (o->action == OVERRIDE_REROUTE)
		return o->scope.given & one
		    ? "this action has no selectors of id, bundle and source"
		    : NULL;
	if (o->action == OVERRIDE_RESTREAM)
		return o->scope.given & (one | 1u << SCOPE_PROVIDER)
		    ? "this action has no selectors of id, bundle, source and "
		      "provider"
		    : NULL;
	return o->scope.given & ~where
	    ? "this action has selectors of destination, provider, route "
	      "and source only"
	    : NULL;
}
