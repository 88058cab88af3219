/*
 * override - a decision in force, as one small file under BASE/overrides/,
 * dray-overrides(5).
 *
 *   override_name(action)   "pause" and so on
 *   override_action(s, len)  which action has this name, or -1
 *   override_value(o, s, len)  sets the value of o->action, brought into its
 *                           one form.  NULL, or what is wrong with it
 *   override_check(o)       NULL, or why this action cannot have this scope, or
 *                           has no value
 *   override_idok(s)        1 if s can be the name of such a file: at most
 *                           OVERRIDE_IDMAX letters, digits, dots, hyphens and
 *                           underscores, the first one no dot
 *   override_parse(o, text, len, why_r)  reads the contents.  0, or -1 EINVAL
 *                           with the reason.  The id is not touched
 *   override_fmt(sa, o)     appends the contents
 *   override_json(sa, o)    appends the members of a JSON object, id first
 *   override_text(sa, o)    appends "slow 0.25 provider example" and the like
 *
 * A pause is about mail, and has any scope.  So has a reroute, but for single
 * messages and bundles, and for the source, which the route decides; and a
 * restream, but for these and providers.  The other actions are about the
 * connections that mail takes, which mail of many shares; so their scope is of
 * destination, provider, route and source alone.  A host is compared with the
 * name of a server, or with its address.
 *
 * A file is read whole, so it must say what it means: it has one action, and
 * "destination = *" where it is for all mail.  A key that is not known, or
 * that stands twice, is a mistake, because a narrower scope may be meant.
 * Texts have no control characters.
 */
#ifndef DRAY_OVERRIDE_H
#define DRAY_OVERRIDE_H

#include <stdint.h>

#include "common/scope.h"

#define OVERRIDE_IDMAX 64
#define OVERRIDE_FILEMAX 8192 /* octets */
#define OVERRIDE_TEXTMAX 500 /* octets of reason and reply */
#define OVERRIDE_AUTHORMAX 64
#define OVERRIDE_VALUEMAX 253
#define OVERRIDE_WHOLE 10000 /* the factor 1 */
#define OVERRIDE_MOST 1000000 /* of connections and the like */

enum override_action {
	OVERRIDE_PAUSE, /* no value */
	OVERRIDE_SLOW, /* a factor from 0.01 to 1, at most 4 digits behind */
	OVERRIDE_CONNECTIONS, /* these three: 1 to OVERRIDE_MOST */
	OVERRIDE_MESSAGES, /* on one connection */
	OVERRIDE_RECIPIENTS, /* of one transaction */
	OVERRIDE_SKIP, /* a host name in lower case, or an address */
	OVERRIDE_REROUTE, /* a route of the policy */
	OVERRIDE_RATE, /* of messages, as in the policy */
	OVERRIDE_RESTREAM, /* a stream of the policy */
	OVERRIDE_ACTIONS
};

struct override {
	char id[OVERRIDE_IDMAX + 1];
	enum override_action action;
	uint32_t number; /* the value; a factor in parts of OVERRIDE_WHOLE */
	uint64_t rate; /* POLICY_RATE */
	char value[OVERRIDE_VALUEMAX + 1]; /* "": none */
	struct scope scope;
	uint64_t created; /* seconds since 1970, 0 not told */
	uint64_t expires; /* 0 never */
	char reason[OVERRIDE_TEXTMAX + 1];
	char author[OVERRIDE_AUTHORMAX + 1];
	char reply[OVERRIDE_TEXTMAX + 1]; /* that caused it */
};

const char *override_name(enum override_action action);
int override_action(const char *s, size_t len);
const char *override_value(struct override *o, const char *s, size_t len);
const char *override_check(const struct override *o);
int override_idok(const char *s);
int override_parse(struct override *o, const char *text, size_t len,
    const char **why_r) __attribute__((warn_unused_result));
void override_json(stralloc *sa, const struct override *o);
void override_text(stralloc *sa, const struct override *o);
void override_fmt(stralloc *sa, const struct override *o);

#endif
