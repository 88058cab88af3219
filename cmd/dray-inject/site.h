/*
 * site - what dray-inject has to know about this machine and its user.
 *
 *   site_load(s, base)   names and limits from BASE/policy/policy.cdb; where
 *       there is none, or it may not be read, the host name and wide limits.
 *       A policy that is damaged ends the program with EX_CONFIG.
 *   site_user(s, d, max) the address of the user who runs this, at the
 *       node's domain, into d
 *   site_fullname(d, max)  the user's name in the password file, or ""
 */
#ifndef DRAY_INJECT_SITE_H
#define DRAY_INJECT_SITE_H

#include <stddef.h>
#include <stdint.h>

#include "common/policy.h"

struct site {
	char hostname[POLICY_NAMEMAX + 1];
	char domain[POLICY_NAMEMAX + 1];
	uint64_t max_message;
	uint32_t max_recipients;
};

void site_load(struct site *s, const char *base);
void site_user(const struct site *s, char *d, size_t max);
void site_fullname(char *d, size_t max);

#endif
