/*
 * sender - [sender DOMAIN] of dray.conf: what mail From a domain gets.
 *
 *   sender_start(c, w, name)  begins one: a domain, .domain for those below it,
 *                             or * for all others.  0, or -1: said
 *   sender_pair(s)            a key of it
 *   sender_key(i)             the name of one, of CONF_SENDER_N
 *   sender_facts(o, item)     its lines
 *   sender_records(m, c)      the records of all of them in policy.cdb
 */
#ifndef DRAY_POLICY_SENDER_H
#define DRAY_POLICY_SENDER_H

#include "cmd/dray-policy/factline.h"
#include "cmd/dray-policy/setting.h"
#include "common/table.h"

int sender_start(struct conf *c, const struct conf_where *w, const char *name);
void sender_pair(struct setting *s);
const char *sender_key(int i);
void sender_facts(const struct factline *o, const void *item);
int sender_records(struct table_make *m, const struct conf *c)
    __attribute__((warn_unused_result));

#endif
