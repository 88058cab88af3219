#include <string.h>

#include "common/mem.h"
#include "common/pool.h"

void
pool_init(struct pool *p, size_t size)
{
	memset(p, 0, sizeof *p);
	p->size = size;
	p->next = 1;
}

static void
add_chunk(struct pool *p)
{
	p->chunk = mem_grow(p->chunk, p->nchunk + 1, sizeof *p->chunk);
	p->chunk[p->nchunk++] = mem_array(POOL_CHUNK, p->size);
}

uint32_t
pool_take(struct pool *p)
{
	uint32_t n = p->vacant;

	if (n) {
		memcpy(&p->vacant, pool_at(p, n), sizeof p->vacant);
	} else {
		n = p->next++;
		if (n / POOL_CHUNK == p->nchunk)
			add_chunk(p);
	}
	memset(pool_at(p, n), 0, p->size);
	p->used++;
	return n;
}

void
pool_give(struct pool *p, uint32_t n)
{
	memcpy(pool_at(p, n), &p->vacant, sizeof p->vacant);
	p->vacant = n;
	p->used--;
}
