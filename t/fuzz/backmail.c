/*
 * backmail - a file of spool/returns/new, as dray-bounce reads it.  Each address
 * is one that stands there, on a line of its own; the rest is the message, whole.
 */
#include <string.h>

#include "cmd/dray-bounce/back.h"
#include "t/fuzz/fuzz.h"

#define MOST 65536

/* The word that stands in front of the address at s + at; -1 there is none. */
static int
word_of(const char *s, size_t at)
{
	static const char *const words[] = { "\nbounce <", "\ncomplaint <",
		"\nunsubscribe <" };
	size_t n;
	int i;

	for (i = 0; i < 3; i++) {
		n = strlen(words[i]);
		if (at >= n && memcmp(s + at - n, words[i], n) == 0)
			return i;
	}
	return -1;
}

/* s is what there was, and m points into a copy of it. */
static void
look(const struct back_mail *m, const char *copy, const char *s, size_t n)
{
	size_t i, at, len, asked = 0;
	size_t body = (size_t)(m->s - copy);
	int word;

	must(m->nto <= BACK_RCPTS);
	must(body >= 2 && body <= n && m->n == n - body);
	must(memcmp(s + body - 2, "\n\n", 2) == 0);
	must(memcmp(s + body, m->s, m->n) == 0);
	for (i = 0; i < m->nto; i++) {
		at = (size_t)(m->to[i] - copy);
		len = strlen(m->to[i]);
		word = word_of(s, at);
		must(at < body && word != -1 && at + len + 1 < body);
		must(memcmp(s + at, m->to[i], len) == 0 && s[at + len] == '>');
		must(s[at + len + 1] == '\n' || s[at + len + 1] == '\0');
		asked += word == 2;
	}
	must(!m->unsubscribe == !asked);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct back_mail m;
	char *s;

	if (!n || n > MOST)
		return 0;
	s = malloc(n);
	must(s != NULL);
	memcpy(s, data, n);
	if (backmail_head(&m, s, n) == 1)
		look(&m, s, (const char *)data, n);
	free(s);
	return 0;
}
