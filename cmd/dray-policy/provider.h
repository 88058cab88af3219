/*
 * provider - the sections [provider NAME] and [provider NAME route ROUTE] in
 * the files of etc/providers.
 *
 *   provider_start(c, w, name)   0 and c->now, or -1: a mistake, said
 *   provider_pair(s)             one key of c->now
 *   provider_finish(c)           after the last file: names that are unknown,
 *                                patterns that say nothing
 */
#ifndef DRAY_POLICY_PROVIDER_H
#define DRAY_POLICY_PROVIDER_H

#include "cmd/dray-policy/setting.h"

int provider_start(
    struct conf *c, const struct conf_where *w, const char *name);
void provider_pair(struct setting *s);
void provider_finish(struct conf *c);

#endif
