/*
 * tokenfind - tokens of ours (common/token.h) anywhere in a returned message.
 *
 *   tokenfind(t, d, m)    t->keys is set and the rest zero: looks at the
 *                         addresses that the mail was for, its header, the
 *                         header of what came back, and all the text.  The
 *                         first with a right MAC counts
 *   tokenfind_is(t, a)    1 if the token was made for address a
 *
 * Any word of TOKEN_LEN octets may be one, so where it stands does not matter,
 * also when somebody has rewritten the address around it.  Only those that
 * stand as a return path has them, and are none, count as forged.
 */
#ifndef DRAY_BOUNCE_TOKENFIND_H
#define DRAY_BOUNCE_TOKENFIND_H

#include "cmd/dray-bounce/reading.h"

struct tokenfind {
	const struct token_keys *keys;
	struct token token;
	int is_found;
	unsigned int forged;
	unsigned int tries;
};

void tokenfind(
    struct tokenfind *t, const struct reading *d, const struct report_mail *m);
int tokenfind_is(const struct tokenfind *t, const char *address);

#endif
