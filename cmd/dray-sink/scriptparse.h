/*
 * scriptparse - the text of a script, to rules; see dray-sink(8), SCRIPT.
 *
 *   scriptparse(text, s, err, n)
 *       text ends with NUL and is changed.  Appends the rules to s.  0, or -1
 *       with "line: what" in err (n octets); the rules so far stay in s.
 *
 * Bounds: SCRIPT_RULES rules, SCRIPT_BYTES octets in one reply.
 */
#ifndef DRAY_SCRIPTPARSE_H
#define DRAY_SCRIPTPARSE_H

#include <stddef.h>

#include "script.h"

enum {
	SCRIPT_FILE = 1 << 20,
	SCRIPT_RULES = 4096,
	SCRIPT_BYTES = 16 << 20,
	SCRIPT_OVER = 1 << 20
};

struct script {
	struct rule *first, *last;
	unsigned rules;
	unsigned phases; /* for which there are any */
	uint64_t random; /* the state of the generator */
	struct script *older; /* what it has replaced */
};

int scriptparse(char *text, struct script *s, char *err, size_t n);

/* The next number of the generator. */
uint64_t script_random(struct script *s);

#endif
