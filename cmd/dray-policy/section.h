/*
 * section - what each [section] of the policy text means: the handlers that
 * inifile calls for conf.  One row of the table in section.c makes a kind of
 * section known.
 *
 *   section_start(c, line, name)       name NULL: a section line that is bad
 *   section_pair(c, line, key, value)
 *   section_where(c, name)             where a section without a name begins;
 *                                      the first line where there is none
 */
#ifndef DRAY_POLICY_SECTION_H
#define DRAY_POLICY_SECTION_H

#include "cmd/dray-policy/setting.h"

struct section {
	const char *name;
	enum conf_place place;
	/* NULL: it has no name and stands once.  Else the name is given, 0 is
	 * returned and c->now and c->now_bad are set, or -1: a mistake, said. */
	int (*start)(
	    struct conf *c, const struct conf_where *w, const char *name);
	void (*pair)(struct setting *s);
};

void section_start(void *c, unsigned int line, const char *name);
void section_pair(
    void *c, unsigned int line, const char *key, const char *value);
struct conf_where section_where(const struct conf *c, const char *name);

#endif
