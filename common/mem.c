#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include <skalibs/strerr.h>

#include "common/mem.h"

void
mem_check(int good)
{
	if (!good)
		strerr_dief(111, "out of memory");
}

void *
mem_alloc(size_t n)
{
	return mem_array(n, 1);
}

void *
mem_array(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size ? size : 1);

	mem_check(p != NULL);
	return p;
}

void *
mem_grow(void *p, size_t n, size_t size)
{
	p = reallocarray(p, n ? n : 1, size ? size : 1);
	mem_check(p != NULL);
	return p;
}

char *
mem_dup(const void *s, size_t len)
{
	char *p = mem_alloc(len + 1);

	if (len)
		memcpy(p, s, len);
	return p;
}

void
mem_room(stralloc *sa, size_t n)
{
	if (n > sa->a - sa->len)
		mem_check(stralloc_ready(sa, (sa->len + n) * 2));
}

#define LONE (1 << 20) /* octets; larger pieces stand alone, and go at once */

/* By default the thresholds follow what was freed, and stay low where all
 * messages are small. */
void
mem_keep(int n)
{
	(void)mallopt(M_MMAP_THRESHOLD, LONE);
	(void)mallopt(M_TRIM_THRESHOLD, n);
}
