/*
 * dns - the keys of [dns], and the lists among them: which servers are asked,
 * and what is validated by which key.
 *
 *   dns_pair(s)         one key of the section
 *   dns_lists[i].key    the names of the keys that hold a list
 *   dns_list(d, i)      such a list as it is kept (policy.h)
 */
#ifndef DRAY_POLICY_DNS_H
#define DRAY_POLICY_DNS_H

#include "cmd/dray-policy/setting.h"
#include "common/policy.h"

#define DNS_LISTS 4

struct dns_list {
	const char *key;
	size_t offset; /* in policy_dns */
	void (*set)(struct setting *s, char *d);
};

extern const struct dns_list dns_lists[DNS_LISTS];

void dns_pair(struct setting *s);
const char *dns_list(const struct policy_dns *d, unsigned int i);

#endif
