/*
 * match - [match NAME] of dray-conf(5): which stream mail belongs to.
 *
 *   match_start(c, w, name)    0, or -1 when a mistake has been said
 *   match_pair(s)              a key of the section that was started last
 *   match_finish(c)            after stream_finish: what names a stream that is
 *                              not there, and what is never reached
 *   match_record(m, c)         adds the record "match" (streamrule.h): the
 *                              sections in the order of the file, then what is
 *                              built in, unless built-in-rules of [queue] is
 *                              no.  0, or -1 with errno
 *   match_facts(o, item)       what facts says of one
 *   match_free(item)
 */
#ifndef DRAY_POLICY_MATCH_H
#define DRAY_POLICY_MATCH_H

#include "cmd/dray-policy/conf.h"
#include "cmd/dray-policy/factline.h"
#include "cmd/dray-policy/setting.h"
#include "common/table.h"

#define MATCH_MAX 100 /* sections */

int match_start(struct conf *c, const struct conf_where *w, const char *name);
void match_pair(struct setting *s);
void match_finish(struct conf *c);
int match_record(struct table_make *m, const struct conf *c)
    __attribute__((warn_unused_result));
void match_facts(const struct factline *o, const void *item);
void match_free(void *item);

#endif
