/*
 * stream - [stream NAME] of dray-conf(5): kinds of mail.
 *
 *   stream_defaults(c)         those that are there without text
 *   stream_start(c, w, name)   0, or -1 when a mistake has been said
 *   stream_pair(s)             a key of the section that was started last
 *   stream_finish(c)           what follows from [retry], and whether the
 *                              reserves leave anything; sorts them by priority
 *   stream_known(c, name)      1 if there is one with this name
 *   stream_facts(o)            what facts says of them
 */
#ifndef DRAY_POLICY_STREAM_H
#define DRAY_POLICY_STREAM_H

#include "cmd/dray-policy/conf.h"
#include "cmd/dray-policy/factline.h"
#include "cmd/dray-policy/setting.h"

#define STREAM_RESERVE 90 /* percent, of all streams together */

void stream_defaults(struct conf *c);
int stream_start(struct conf *c, const struct conf_where *w, const char *name);
void stream_pair(struct setting *s);
void stream_finish(struct conf *c);
int stream_known(struct conf *c, const char *name);
void stream_facts(const struct factline *o);

#endif
