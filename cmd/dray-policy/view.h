/*
 * view - what dray-policy shows of a policy: one in force, or one that was
 * just read and is compiled for the purpose into a place of its own.
 *
 *   view_open(v, path)        the policy in a file; 0, or -1 as policy_open()
 *   view_of(v, c)             the policy of c, which has no mistakes; 0, or -1
 *                             errno
 *   view_close(v)
 *   view_show(v, out)         every fact
 *   view_text(v)              the same, on the heap, or NULL
 *   view_has(v, section)      1 if there is such a section
 *   view_fact(v, section, key, len_r)
 *                             value TAB place of one fact, without the line
 *                             end, or NULL: it says nothing of that.  The fact
 *                             of the section itself where key is NULL
 *   view_section(v, section, out)
 *                             the facts whose keys begin with the section and a
 *                             slash, without these, for a section that has no
 *                             name, or one of a stream; returns how many
 *
 * view_show and view_section return -1 EPROTO when the file is damaged;
 * view_text likewise.
 */
#ifndef DRAY_POLICY_VIEW_H
#define DRAY_POLICY_VIEW_H

#include <stdio.h>

#include "cmd/dray-policy/conf.h"

struct view {
	struct policy policy;
};

int view_open(struct view *v, const char *path)
    __attribute__((warn_unused_result));
int view_of(struct view *v, const struct conf *c)
    __attribute__((warn_unused_result));
void view_close(struct view *v);
int view_show(const struct view *v, FILE *out)
    __attribute__((warn_unused_result));
char *view_text(const struct view *v);
int view_has(const struct view *v, const char *section);
int view_section(const struct view *v, const char *section, FILE *out);
const char *view_fact(
    const struct view *v, const char *section, const char *key, size_t *len_r);

#endif
