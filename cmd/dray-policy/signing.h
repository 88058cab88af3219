/*
 * signing - [dkim DOMAIN] in the files of etc/dkim, and [signing] of dray.conf:
 * who signs mail.
 *
 *   signing_dkim_start(c, w, name), signing_dkim_pair(s), signing_pair(s)
 *                         handlers of section.h
 *   signing_finish(c)     what is missing, and what follows
 *   signing_dkim_facts(o, item), signing_facts(o)
 *                         lines of facts
 *   signing_records(m, c) the records "dk:DOMAIN" and "signing"; 0, or -1 with
 *                         errno
 */
#ifndef DRAY_POLICY_SIGNING_H
#define DRAY_POLICY_SIGNING_H

#include "cmd/dray-policy/factline.h"
#include "cmd/dray-policy/setting.h"
#include "common/table.h"

int signing_dkim_start(
    struct conf *c, const struct conf_where *w, const char *name);
void signing_dkim_pair(struct setting *s);
void signing_pair(struct setting *s);
void signing_finish(struct conf *c);
void signing_dkim_facts(const struct factline *o, const void *item);
void signing_facts(const struct factline *o);
int signing_records(struct table_make *m, const struct conf *c)
    __attribute__((warn_unused_result));

#endif
