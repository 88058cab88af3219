/*
 * breaker - [breaker], [breaker stream NAME], [breaker tenant NAME] and [tune]:
 * what dray-tune goes by.
 *
 *   breaker_start(c, w, name), breaker_pair(s), breaker_tune_pair(s)
 *                         handlers of section.h
 *   breaker_facts(o), breaker_tune_facts(o), breaker_item_facts(o, item)
 *                         lines of facts
 *   breaker_records(m, c) the records "breaker", "bk:..." and "tune"; 0, or -1
 *                         with errno
 */
#ifndef DRAY_POLICY_BREAKER_H
#define DRAY_POLICY_BREAKER_H

#include "cmd/dray-policy/factline.h"
#include "cmd/dray-policy/setting.h"
#include "common/table.h"

int breaker_start(struct conf *c, const struct conf_where *w, const char *name);
void breaker_pair(struct setting *s);
void breaker_tune_pair(struct setting *s);
void breaker_facts(const struct factline *o);
void breaker_tune_facts(const struct factline *o);
void breaker_item_facts(const struct factline *o, const void *item);
int breaker_records(struct table_make *m, const struct conf *c)
    __attribute__((warn_unused_result));

#endif
