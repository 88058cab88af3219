/*
 * static - the [static PATTERN] sections in the files of etc/routes.
 *
 *   static_start(c, w, pattern)   0 and c->now, or -1: a mistake, said
 *   static_pair(s)                one key of c->now
 */
#ifndef DRAY_POLICY_STATIC_H
#define DRAY_POLICY_STATIC_H

#include "cmd/dray-policy/conf.h"
#include "cmd/dray-policy/setting.h"

int static_start(
    struct conf *c, const struct conf_where *w, const char *pattern);
void static_pair(struct setting *s);

#endif
