/*
 * scope - which mail is meant: selectors, all of which must match.
 *
 * As text, "campaign = november" and the like stands in a file of overrides/
 * (dray-overrides(5)) and, as --campaign november, on dray-ctl(1)'s command
 * line; as fields it goes over the control socket (dray-protocols(7)).
 *
 *   scope_name(key)       "destination" and so on
 *   scope_key(s, len)     which key has this name, or -1
 *   scope_set(sc, key, s, len)  adds a selector, brought into its one form:
 *                         domains in lower case, the null sender as "",
 *                         addresses as inet_ntop(3) has them.  0, or
 *                         -1 with errno: EINVAL it cannot be a value of this
 *                         key, EEXIST there is one already
 *   scope_has(sc, key)    1 if there is a selector of this key
 *   scope_match(sc, key, s, len)  1 if there is no selector of this key, or if
 *                         the value of a message matches it
 *   scope_covers(sc, other)  1 if other has every selector that sc has, with
 *                         the same value
 *   scope_put(sa, sc)     as fields: u8 how many; for each u8 key, str value
 *   scope_get(f, sc)      0, or -1 EINVAL if a selector is not in its one form
 *   scope_text(sa, sc)    appends "campaign november, sender @example.com", or
 *                         "all"
 *
 * Limits: one value a key, of at most SCOPE_MAX octets.
 */
#ifndef DRAY_SCOPE_H
#define DRAY_SCOPE_H

#include <stddef.h>

#include <skalibs/stralloc.h>

#include "common/field.h"

#define SCOPE_MAX 320

enum scope_key {
	SCOPE_DESTINATION, /* a domain, .suffix for those below it, or "*" */
	SCOPE_ID, /* a message */
	SCOPE_BUNDLE,
	SCOPE_TENANT, /* may be "", like campaign, stream and route */
	SCOPE_CAMPAIGN,
	SCOPE_SENDER, /* an address, "@domain", or "" for the null sender */
	SCOPE_STREAM,
	SCOPE_ROUTE,
	SCOPE_PROVIDER, /* of the policy, who has the servers */
	SCOPE_SOURCE, /* an address of the route, which mail leaves from */
	SCOPE_KEYS
};

struct scope {
	unsigned int given; /* bit: 1 << key */
	size_t len[SCOPE_KEYS];
	char value[SCOPE_KEYS][SCOPE_MAX + 1];
};

const char *scope_name(enum scope_key key);
int scope_key(const char *s, size_t len);
int scope_set(struct scope *sc, enum scope_key key, const char *s, size_t len)
    __attribute__((warn_unused_result));
int scope_has(const struct scope *sc, enum scope_key key);
int scope_match(
    const struct scope *sc, enum scope_key key, const char *s, size_t len);
int scope_covers(const struct scope *sc, const struct scope *other);
void scope_put(stralloc *sa, const struct scope *sc);
int scope_get(struct field *f, struct scope *sc)
    __attribute__((warn_unused_result));
void scope_text(stralloc *sa, const struct scope *sc);

#endif
