/*
 * facts - the policy as text for people, one fact a line:
 * key TAB value TAB the file:line that set it, or "default".
 *
 * Keys are SECTION/KEY, and SECTION/NAME/KEY where a section has a name, so
 * that grep, sort, join and diff can work on them: static/.example.com/hosts,
 * provider/google/connections, provider/google/route/slow/connections.  Values
 * are written as dray-conf(5) would read them.  The first line of a section
 * with a name has SECTION/NAME for its key and the name for its value.
 *
 *   facts_each(c, f, user)   calls f for each section with a name, and first
 *       for all others together, whose section is "".  Section is as in the
 *       keys ("provider/google/route/slow"); text has n octets and a NUL.
 *       Ends with the first result of f that is not 0, which it returns
 *   facts_all(c, n_r)        all of them, on the heap, and a NUL
 */
#ifndef DRAY_POLICY_FACTS_H
#define DRAY_POLICY_FACTS_H

#include "cmd/dray-policy/conf.h"

int facts_each(const struct conf *c,
    int (*f)(void *user, const char *section, const char *text, size_t n),
    void *user);
char *facts_all(const struct conf *c, size_t *n_r);

#endif
