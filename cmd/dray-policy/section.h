/*
 * section - what each [section] of the policy text means: the handlers that
 * inifile calls for conf.
 *
 *   section_start(c, line, name)       name NULL: a section line that is bad
 *   section_pair(c, line, key, value)
 *   section_retry_defaults(r)
 */
#ifndef DRAY_POLICY_SECTION_H
#define DRAY_POLICY_SECTION_H

#include "common/policy.h"

void section_start(void *c, unsigned int line, const char *name);
void section_pair(
    void *c, unsigned int line, const char *key, const char *value);
void section_retry_defaults(struct policy_retry *r);

#endif
