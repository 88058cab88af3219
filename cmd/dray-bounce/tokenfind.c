#include <string.h>

#include "cmd/dray-bounce/tokenfind.h"
#include "common/chars.h"

#define TRIES 2000 /* words as long as a token in one message */

static int
is_base32(char c)
{
	c = (char)chars_lower(c);
	return (c >= 'a' && c <= 'z') || (c >= '2' && c <= '7');
}

/* 1 found, and then nothing more is looked for. */
static int
look(struct tokenfind *t, struct span s)
{
	const char *p = s.s, *e = s.s + s.n, *q;

	for (; p < e && t->tries < TRIES; p = q + 1) {
		for (q = p; q < e && is_base32(*q);)
			q++;
		if (q - p != TOKEN_LEN)
			continue;
		t->tries++;
		if (token_parse(t->keys, p, TOKEN_LEN, &t->token)) {
			t->is_found = 1;
			return 1;
		}
		/* Where a token of ours would stand, and it is none. */
		if (p > s.s && p[-1] == '+' && q < e && *q == '@')
			t->forged++;
	}
	return 0;
}

void
tokenfind(
    struct tokenfind *t, const struct reading *d, const struct report_mail *m)
{
	struct span s;
	size_t i;

	if (!t->keys || !t->keys->have)
		return;
	for (i = 0; i < m->nto; i++) {
		s.s = m->to[i];
		s.n = strlen(m->to[i]);
		if (look(t, s))
			return;
	}
	if (look(t, d->top.head) || look(t, d->feedback) ||
	    look(t, d->original))
		return;
	for (i = 0; i < d->mime.npiece; i++) {
		s.s = d->mime.piece[i].s;
		s.n = d->mime.piece[i].n;
		if (look(t, s))
			return;
	}
}

int
tokenfind_is(const struct tokenfind *t, const char *address)
{
	unsigned char d[TOKEN_ADDRESS];
	const char *at = strrchr(address, '@');

	if (!t->is_found || !at)
		return 0;
	token_address(t->keys, address, (size_t)(at - address), at + 1,
	    strlen(at + 1), d);
	return !memcmp(d, t->token.address, sizeof d);
}
