/*
 * policy_match - records of policy.cdb that are kept under a pattern, and those
 * that hold a name.  For the parts of policy alone.
 *
 *   policy_match(p, kind, name, len, star, m_r)
 *                      the record of the most specific pattern: "KIND:" and
 *                      the name, its .suffix from long to short, and with star
 *                      "*".  1 found, 0 not, -1 EPROTO
 *   policy_name(p, key, len, name_r)
 *                      1 and the name under the key, 0 none, -1 EPROTO
 *   policy_find(p, kind, name, data_r, n_r)
 *                      1 and the record of "KIND:NAME", 0 none, -1 EPROTO
 *   policy_key(d, kind, name)
 *                      "KIND:NAME"; the result is its length, 0 when NAME is
 *                      NULL, "", or too long to be there
 */
#ifndef DRAY_POLICY_MATCH_H
#define DRAY_POLICY_MATCH_H

#include "common/policy.h"

#define POLICY_KINDMAX 2
#define POLICY_KEYMAX (POLICY_KINDMAX + 1 + 2 * POLICY_NAMEMAX)

struct policy_match {
	char pattern[POLICY_NAMEMAX + 1];
	const void *data;
	size_t n;
};

int policy_match(const struct policy *p, const char *kind, const char *name,
    size_t len, int star, struct policy_match *m_r)
    __attribute__((warn_unused_result));
int policy_name(const struct policy *p, const char *key, size_t len,
    char name_r[POLICY_LABELMAX + 1]) __attribute__((warn_unused_result));
int policy_find(const struct policy *p, const char *kind, const char *name,
    const void **data_r, size_t *n_r) __attribute__((warn_unused_result));
size_t policy_key(char *d, const char *kind, const char *name);

#endif
