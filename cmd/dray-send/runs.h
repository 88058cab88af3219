/*
 * runs - all runs, by number.
 *
 * There may be ten million of them, of which most wait for hours.  So they are
 * kept in blocks of 256, and once there are more than RUNS_HOT of these, those
 * that nobody has looked at lately are folded (fold.h): to a third or less.
 * Whoever looks at a run of one unfolds it and sees no difference.
 *
 *   runs_take(p)      a number, never 0; its run is zeroed
 *   runs_give(p, n)   takes it back
 *   runs_at(p, n)     the run; it does not move before runs_cool()
 *   runs_cool(p)      folds some blocks; 1 there are more to be folded.  For
 *                     those who hold no pointer to a run
 *   p->next           all numbers are below
 *   p->used           how many are taken
 */
#ifndef DRAY_SEND_RUNS_H
#define DRAY_SEND_RUNS_H

#include <stdint.h>

#include "cmd/dray-send/mail.h"

#define RUNS_BLOCK 256
#ifndef RUNS_HOT
#define RUNS_HOT 4096 /* blocks that are not folded */
#endif

struct runs_block {
	struct run *run; /* RUNS_BLOCK of them, or NULL */
	unsigned char *folded; /* or NULL */
	int seen; /* since it was considered last */
};

struct runs {
	struct runs_block *block;
	uint32_t nblock, room;
	uint32_t hot; /* that are not folded */
	uint32_t hand; /* the one that is considered next */
	uint32_t next; /* never taken so far */
	uint32_t vacant; /* the first of those that were given back */
	uint32_t used;
};

uint32_t runs_take(struct runs *p);
void runs_give(struct runs *p, uint32_t n);
struct run *runs_unfold(struct runs *p, struct runs_block *b);
int runs_cool(struct runs *p);

static inline struct run *
runs_at(struct runs *p, uint32_t n)
{
	struct runs_block *b = &p->block[n / RUNS_BLOCK];

	b->seen = 1;
	return (b->run ? b->run : runs_unfold(p, b)) + n % RUNS_BLOCK;
}

#endif
