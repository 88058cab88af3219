/*
 * certificate - [certificate NAME]: the files of what dray-smtpd shows in TLS.
 *
 *   certificate_start(c, w, name), certificate_pair(s)
 *                        handlers of section.h
 *   certificate_finish(c)   what is missing
 *   certificate_facts(o, l) lines of facts
 *   certificate_record(m, c)
 *                        the records "k" and "k:N"; 0, or -1 with errno
 */
#ifndef DRAY_POLICY_CERTIFICATE_H
#define DRAY_POLICY_CERTIFICATE_H

#include "cmd/dray-policy/factline.h"
#include "cmd/dray-policy/setting.h"
#include "common/table.h"

int certificate_start(
    struct conf *c, const struct conf_where *w, const char *name);
void certificate_pair(struct setting *s);
void certificate_finish(struct conf *c);
void certificate_facts(const struct factline *o, const void *item);
int certificate_record(struct table_make *m, const struct conf *c)
    __attribute__((warn_unused_result));

#endif
