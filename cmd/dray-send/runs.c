#include <stdlib.h>
#include <string.h>

#include "cmd/dray-send/fold.h"
#include "cmd/dray-send/runs.h"
#include "common/mem.h"

#define SOME 4096 /* blocks folded at a time */
#define WORDS (sizeof(struct run) / sizeof(uint32_t))

_Static_assert(sizeof(struct run) == WORDS * sizeof(uint32_t),
    "a run is made of whole words");

static uint32_t words[RUNS_BLOCK * WORDS];

static void
add_block(struct runs *p)
{
	if (p->nblock == p->room) {
		p->room = p->room ? p->room * 2 : 64;
		p->block = mem_grow(p->block, p->room, sizeof *p->block);
	}
	p->block[p->nblock] = (struct runs_block){
		.run = mem_array(RUNS_BLOCK, sizeof(struct run)),
	};
	p->nblock++;
	p->hot++;
}

/* Those that were given back are a list through their first word. */
uint32_t
runs_take(struct runs *p)
{
	uint32_t n = p->vacant;

	if (n) {
		p->vacant = runs_at(p, n)->msg;
	} else {
		n = p->next = p->next ? p->next : 1;
		p->next++;
		if (n / RUNS_BLOCK == p->nblock)
			add_block(p);
	}
	memset(runs_at(p, n), 0, sizeof(struct run));
	p->used++;
	return n;
}

void
runs_give(struct runs *p, uint32_t n)
{
	runs_at(p, n)->msg = p->vacant;
	p->vacant = n;
	p->used--;
}

static void
fold(struct runs *p, struct runs_block *b)
{
	static unsigned char s[FOLD_MAX(RUNS_BLOCK * WORDS)];
	size_t n;

	memcpy(words, b->run, sizeof words);
	n = fold_put(s, words, RUNS_BLOCK, WORDS);
	b->folded = mem_alloc(n);
	memcpy(b->folded, s, n);
	free(b->run);
	b->run = NULL;
	p->hot--;
}

struct run *
runs_unfold(struct runs *p, struct runs_block *b)
{
	fold_get(words, RUNS_BLOCK, WORDS, b->folded);
	b->run = mem_array(RUNS_BLOCK, sizeof *b->run);
	memcpy(b->run, words, sizeof words);
	free(b->folded);
	b->folded = NULL;
	p->hot++;
	return b->run;
}

/* Once around, whoever was seen since the last time is spared. */
int
runs_cool(struct runs *p)
{
	unsigned int some = SOME;
	struct runs_block *b;

	while (p->hot > RUNS_HOT && some) {
		b = &p->block[p->hand];
		p->hand = p->hand + 1 < p->nblock ? p->hand + 1 : 0;
		if (b->run && !b->seen) {
			fold(p, b);
			some--;
		}
		b->seen = 0;
	}
	return p->hot > RUNS_HOT;
}
