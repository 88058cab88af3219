/*
 * share - the sections [tenant NAME] and [campaign NAME] of etc/dray.conf.
 *
 *   share_tenant(c, w, name)     0 and c->now, or -1: a mistake, said
 *   share_campaign(c, w, name)   the same
 *   share_pair(s)                one key of c->now
 */
#ifndef DRAY_POLICY_SHARE_H
#define DRAY_POLICY_SHARE_H

#include "cmd/dray-policy/setting.h"

int share_tenant(struct conf *c, const struct conf_where *w, const char *name);
int share_campaign(
    struct conf *c, const struct conf_where *w, const char *name);
void share_pair(struct setting *s);

#endif
