/*
 * dnsbl - the sections [dnsbl ZONE] of dray.conf: lists in DNS that dray-check
 * looks this node up in.
 *
 *   dnsbl_start(c, w, name), dnsbl_pair(s)
 *                        handlers of section.h
 *   dnsbl_finish(c)      what is missing, and what follows
 *   dnsbl_facts(o, item) lines of facts
 *   dnsbl_records(m, c)  the records "bl" and "bl:NUMBER"; 0, or -1 with errno
 */
#ifndef DRAY_POLICY_DNSBL_H
#define DRAY_POLICY_DNSBL_H

#include "cmd/dray-policy/factline.h"
#include "cmd/dray-policy/setting.h"
#include "common/table.h"

int dnsbl_start(struct conf *c, const struct conf_where *w, const char *name);
void dnsbl_pair(struct setting *s);
void dnsbl_finish(struct conf *c);
void dnsbl_facts(const struct factline *o, const void *item);
int dnsbl_records(struct table_make *m, const struct conf *c)
    __attribute__((warn_unused_result));

#endif
