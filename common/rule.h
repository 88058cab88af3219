/*
 * rule - one reply rule, and the record of all of them in policy.cdb: written
 * by dray-policy, read by common/rules.  dray-rules(5) says what rules mean.
 *
 *   rule_pack(sa, r)          appends a rule to the record
 *   rule_unpack(f, r_r)       1 the next rule, 0 there is none, -1 EPROTO: a
 *                             length, a word or a range is out of bounds.
 *                             Strings point into the record
 *
 * A record is the rules in the order in which they are tried; none is no
 * octets.  Fields are those of common/field.h: id, providers (names and their
 * aliases, with a blank between two) as strings; phases as an octet, one bit each; the number
 * of codes and each as two of 16 bits, from and to; the number of statuses
 * and each as an octet (class, 0 any) and four of 16 bits (subject from and
 * to, detail from and to); the number of patterns and each as an octet (kind)
 * and a string; class, blame, disposition and action as octets; the action's
 * number and the duration in seconds as 32 bits, and the action's name.
 */
#ifndef DRAY_RULE_H
#define DRAY_RULE_H

#include <stddef.h>
#include <stdint.h>

#include <skalibs/stralloc.h>

#include "common/field.h"
#include "common/ruleword.h"

#define RULE_IDMAX 63
#define RULE_NAMEMAX 63 /* a provider, a route */
#define RULE_PROVIDERSMAX 1023 /* octets of their names, of one rule */
#define RULE_CODES 8
#define RULE_STATUSES 16
#define RULE_PATTERNS 64
#define RULE_PATTERNMAX 512 /* octets */
#define RULE_DURATIONMAX (30 * 86400)

struct rule_str {
	const char *s;
	size_t len;
};

struct rule_range {
	uint16_t from;
	uint16_t to;
};

struct rule_status {
	uint8_t class; /* 0: any */
	struct rule_range subject;
	struct rule_range detail;
};

struct rule_pattern {
	char kind; /* 't' text, 'r' regular expression */
	struct rule_str text;
};

struct rule {
	struct rule_str id;
	struct rule_str providers; /* none: any */
	uint8_t phases; /* none: any */
	uint8_t ncode; /* none: any */
	uint8_t nstatus; /* none: any */
	uint8_t npattern; /* any of them; none: any text */
	struct rule_range code[RULE_CODES];
	struct rule_status status[RULE_STATUSES];
	struct rule_pattern pattern[RULE_PATTERNS];
	uint8_t class;
	uint8_t blame;
	uint8_t disposition;
	uint8_t action;
	uint32_t number;
	uint32_t duration;
	struct rule_str route;
};

void rule_pack(stralloc *sa, const struct rule *r);
int rule_unpack(struct field *f, struct rule *r_r)
    __attribute__((warn_unused_result));

#endif
