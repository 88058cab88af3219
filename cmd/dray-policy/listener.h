/*
 * listener - [listener NAME]: where dray-smtpd listens, and whom it trusts there.
 *
 *   listener_start(c, w, name), listener_pair(s)
 *                        handlers of section.h
 *   listener_finish(c)   what is missing, and what two of them claim
 *   listener_facts(o, l) lines of facts
 *   listener_record(m, c)
 *                        the record "listeners"; 0, or -1 with errno
 */
#ifndef DRAY_POLICY_LISTENER_H
#define DRAY_POLICY_LISTENER_H

#include "cmd/dray-policy/factline.h"
#include "cmd/dray-policy/setting.h"
#include "common/table.h"

int listener_start(
    struct conf *c, const struct conf_where *w, const char *name);
void listener_pair(struct setting *s);
void listener_finish(struct conf *c);
void listener_facts(const struct factline *o, const void *item);
int listener_record(struct table_make *m, const struct conf *c)
    __attribute__((warn_unused_result));

#endif
