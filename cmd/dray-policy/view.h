/*
 * view - a policy to look at: the one in force (policy.cdb), or the text.
 *
 *   view_open(v, path)   the compiled one; 0, or -1 with errno (EPROTO)
 *   view_of(v, c)        the one that conf read, which must stay
 *   view_show(v, out)    every fact
 *   view_explain(v, domain, out)
 *                        what holds for a destination, in lower case
 *   view_close(v)
 *
 * Those that print return 0, or -1 with errno (EPROTO: a damaged policy.cdb).
 */
#ifndef DRAY_POLICY_VIEW_H
#define DRAY_POLICY_VIEW_H

#include <stdio.h>

#include "cmd/dray-policy/conf.h"
#include "common/policy.h"

struct view {
	const struct conf *conf; /* NULL: the compiled one */
	struct policy policy;
};

int view_open(struct view *v, const char *path)
    __attribute__((warn_unused_result));
void view_of(struct view *v, const struct conf *c);
int view_show(const struct view *v, FILE *out);
int view_explain(const struct view *v, const char *domain, FILE *out);
void view_close(struct view *v);

#endif
