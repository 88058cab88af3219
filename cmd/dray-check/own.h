/*
 * own - what is looked up: the addresses that mail leaves from, and the domains
 * that it is from.
 *
 *   own_policy(p)        those of the policy; addresses that are not for the
 *                        world are passed over.  Dies of a malformed policy
 *   own_word(s)          an address or a domain besides; 0, or -1: it is neither
 *   own_sort()           after the last one: each is there once
 *
 * At most OWN_MAX; what is more is passed over with a warning.
 */
#ifndef DRAY_CHECK_OWN_H
#define DRAY_CHECK_OWN_H

#include <stddef.h>
#include <stdint.h>

#include "common/policy.h"

#define OWN_MAX 100000

struct own {
	uint8_t family; /* 4, 6, or 0: a domain */
	uint8_t ip[16];
	char name[POLICY_NAMEMAX + 1]; /* as text */
};

struct owns {
	struct own *v;
	size_t n, room;
};

extern struct owns owns;

void own_policy(const struct policy *p);
int own_word(const char *s);
void own_sort(void);

#endif
