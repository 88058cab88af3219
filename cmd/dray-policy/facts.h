/*
 * facts - the policy as text for people, one fact a line:
 * key TAB value TAB the file:line that set it, or "default".
 *
 * Keys are SECTION/KEY, those of static routes static/PATTERN/KEY, so that
 * grep, sort, join and diff can work on them.  Values are written as
 * dray-conf(5) would read them.
 *
 *   facts_common(c, text_r, n_r)      all that is not a static route
 *   facts_static(c, st, text_r, n_r)  what one [static] sets
 *   facts_explain(out, common, own, pattern)
 *       what holds for one destination: the route, its hosts, helo and source,
 *       and each key of [limits], from own (the text of facts_static) where it
 *       has it, else from common.  Keys stand without their section.  Pattern
 *       is NULL and own "" when no static route matches
 *
 *   facts_where(f, c, w)              the end of a line: who set it
 *   facts_retry(f, c, section, r, w)  the two lines of a retry schedule
 *
 * The first two give texts on the heap.
 */
#ifndef DRAY_POLICY_FACTS_H
#define DRAY_POLICY_FACTS_H

#include "cmd/dray-policy/conf.h"

void facts_common(const struct conf *c, char **text_r, size_t *n_r);
void facts_static(const struct conf *c, const struct conf_static *st,
    char **text_r, size_t *n_r);
void facts_where(FILE *f, const struct conf *c, const struct conf_where *w);
void facts_retry(FILE *f, const struct conf *c, const char *section,
    const struct policy_retry *r, const struct conf_where w[2]);
void facts_explain(
    FILE *out, const char *common, const char *own, const char *pattern);

#endif
