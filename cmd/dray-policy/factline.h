/*
 * factline - lines of facts, being written.
 *
 *   factline_key(o, key)        begins a line
 *   factline_where(o, w)        ends it, behind its value
 *   factline_text(o, key, value, w)
 *                               a whole line
 *   factline_group(o, g, s, w)  one line for each key of a group
 *   factline_set(o, g, s, w)    the same for those keys that were set
 *   factline_limits(o, l)       a line for each key of [limits] that was set
 *   factline_schedule(o, key, r, w)
 *   factline_retry(o, r, w)     its two lines, schedule and then
 *   factline_words(o, key, d)   nothing where the list was not given
 */
#ifndef DRAY_POLICY_FACTLINE_H
#define DRAY_POLICY_FACTLINE_H

#include "cmd/dray-policy/conf.h"

struct factline {
	FILE *f;
	const struct conf *c;
	const char *section; /* in front of each key, with a slash */
};

void factline_key(const struct factline *o, const char *key);
void factline_where(const struct factline *o, const struct conf_where *w);
void factline_text(const struct factline *o, const char *key, const char *value,
    const struct conf_where *w);
void factline_group(const struct factline *o, const struct policykey_group *g,
    const void *s, const struct conf_where *w);
void factline_set(const struct factline *o, const struct policykey_group *g,
    const void *s, const struct conf_where *w);
void factline_limits(const struct factline *o, const struct conf_limits *l);
void factline_schedule(const struct factline *o, const char *key,
    const struct policy_retry *r, const struct conf_where *w);
void factline_retry(const struct factline *o, const struct policy_retry *r,
    const struct conf_where w[2]);
void factline_words(
    const struct factline *o, const char *key, const struct conf_words *d);

#endif
