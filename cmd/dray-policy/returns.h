/*
 * returns - [returns] of dray.conf: the addresses at which mail comes back.
 *
 *   returns_pair(s)         a key of it
 *   returns_finish(c)       no address may be of two kinds
 *   returns_facts(o)        its lines
 *   returns_records(m, c)   its records in policy.cdb
 */
#ifndef DRAY_POLICY_RETURNS_H
#define DRAY_POLICY_RETURNS_H

#include "cmd/dray-policy/factline.h"
#include "cmd/dray-policy/setting.h"
#include "common/table.h"

void returns_pair(struct setting *s);
void returns_finish(struct conf *c);
void returns_facts(const struct factline *o);
int returns_records(struct table_make *m, const struct conf *c)
    __attribute__((warn_unused_result));

#endif
