#include <stdlib.h>

#include "cmd/dray-send/send.h"
#include "common/mem.h"

/* Why things sleep, each text once: thousands fail with the same words. */
struct words {
	UT_hash_handle hh;
	uint32_t refs;
	char s[];
};

static struct words *all;

/* What is given back with words_drop. */
const char *
words_take(const char *s, size_t len)
{
	struct words *w;

	len = strnlen(s, len);
	HASH_FIND(hh, all, s, len, w);
	if (!w) {
		w = mem_alloc(sizeof *w + len + 1);
		memcpy(w->s, s, len);
		HASH_ADD_KEYPTR(hh, all, w->s, len, w);
	}
	w->refs++;
	return w->s;
}

/* s may be NULL. */
void
words_drop(const char *s)
{
	struct words *w;

	if (!s)
		return;
	HASH_FIND(hh, all, s, strlen(s), w);
	if (!w || --w->refs)
		return;
	HASH_DEL(all, w);
	free(w);
}
