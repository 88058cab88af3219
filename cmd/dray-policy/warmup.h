/*
 * warmup - the sections [warmup NAME] in the files of etc/routes.
 *
 *   warmup_start(c, w, name)   0 and c->now, or -1: a mistake, said
 *   warmup_pair(s)             one key of c->now
 *   warmup_facts(o, item)      its facts
 *   warmup_free(item)
 *   warmup_finish(c)           after the last file, and after routes and
 *                              providers: warmcheck.c
 *   warmup_records(m, c)       0, or -1 with errno
 */
#ifndef DRAY_POLICY_WARMUP_H
#define DRAY_POLICY_WARMUP_H

#include "cmd/dray-policy/factline.h"
#include "cmd/dray-policy/setting.h"
#include "common/table.h"

int warmup_start(struct conf *c, const struct conf_where *w, const char *name);
void warmup_pair(struct setting *s);
void warmup_facts(const struct factline *o, const void *item);
void warmup_free(void *item);
void warmup_finish(struct conf *c);
int warmup_records(struct table_make *m, const struct conf *c)
    __attribute__((warn_unused_result));

#endif
