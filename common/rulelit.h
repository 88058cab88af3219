/*
 * rulelit - the literal strings of a regular expression of which each match
 * holds one, so that most expressions need not be tried on most texts.
 *
 *   rulelit_find(s, n, d_r)   0 and the literals in d_r, in lower case; -1 and
 *                             a reason in d_r->why: the expression uses what
 *                             is not understood here, or there are none
 *
 * A literal has RULELIT_MIN octets or more, and is cut at MULTIFIND_MAX.  The
 * expression is one of PCRE2 that compiles.  Understood are literals, escapes,
 * classes, dots, anchors, (?:groups), alternatives, look-around and repeats;
 * refused are what reaches too far to be found out (verbs, inline options,
 * back references, recursion, \Q) and a dot that is repeated without end: that
 * costs time and says little, so .{0,80} is to be written instead.
 */
#ifndef DRAY_RULELIT_H
#define DRAY_RULELIT_H

#include <stddef.h>
#include <stdint.h>

#include "common/multifind.h"

#define RULELIT_MIN 3
#define RULELIT_MAX 32 /* literals of one expression */

struct rulelit {
	const char *why;
	unsigned int n;
	struct {
		uint8_t len;
		char s[MULTIFIND_MAX];
	} literal[RULELIT_MAX];
};

int rulelit_find(const char *s, size_t n, struct rulelit *d_r)
    __attribute__((warn_unused_result));

#endif
