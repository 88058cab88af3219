/*
 * route - the sections [route NAME] and [source ADDRESS] in the files of
 * etc/routes.
 *
 *   route_start(c, w, name)          0 and c->now, or -1: a mistake, said
 *   route_pair(s)                    one key of c->now
 *   route_source_start(c, w, name)
 *   route_source_pair(s)
 *   route_finish(c)                  after the last file: what each route is
 *                                    chosen for, HELO names, and contradictions
 *
 *   route_address(d, family, ip)     as text, the name of a conf_source
 */
#ifndef DRAY_POLICY_ROUTE_H
#define DRAY_POLICY_ROUTE_H

#include "cmd/dray-policy/setting.h"

int route_start(struct conf *c, const struct conf_where *w, const char *name);
void route_pair(struct setting *s);
int route_source_start(
    struct conf *c, const struct conf_where *w, const char *name);
void route_source_pair(struct setting *s);
void route_finish(struct conf *c);
const char *route_address(char *d, uint8_t family, const uint8_t *ip);

#endif
