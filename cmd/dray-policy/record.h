/*
 * record - the records of policy.cdb that come from sections with a name, and
 * the text for people.
 *
 *   record_where(m, c)   static routes, routes, their limits; tenants and
 *                        campaigns
 *   record_who(m, c)     providers, and who is one; which route is chosen
 *   record_facts(m, c)   facts
 *   record_mask(l)       which keys of it are set (policyfmt.h)
 *   record_add(m, kind, name, d)
 *                        "KIND:NAME"
 *
 * They return 0, or -1 with errno.
 */
#ifndef DRAY_POLICY_RECORD_H
#define DRAY_POLICY_RECORD_H

#include "cmd/dray-policy/conf.h"
#include "common/policyfmt.h"
#include "common/table.h"

int record_where(struct table_make *m, const struct conf *c)
    __attribute__((warn_unused_result));
int record_who(struct table_make *m, const struct conf *c)
    __attribute__((warn_unused_result));
int record_facts(struct table_make *m, const struct conf *c)
    __attribute__((warn_unused_result));
uint64_t record_mask(const struct conf_limits *l);
int record_add(struct table_make *m, const char *kind, const char *name,
    const struct policyfmt_buf *d) __attribute__((warn_unused_result));

#endif
