#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/dray-bounce/arena.h"
#include "common/mem.h"

#define CHUNK (64u << 10)
#define ALIGN alignof(max_align_t)

struct arena_chunk {
	struct arena_chunk *next;
	size_t size;
	alignas(max_align_t) char s[];
};

static void
grow(struct arena *a, size_t n)
{
	size_t size = n > CHUNK ? n : CHUNK;
	struct arena_chunk *c = mem_grow(NULL, 1, sizeof *c + size);

	c->next = a->first;
	c->size = size;
	a->first = c;
	a->used = 0;
}

void *
arena_take(struct arena *a, size_t n)
{
	void *p;

	n = (n + ALIGN - 1) & ~(ALIGN - 1);
	if (!a->first || a->first->size - a->used < n)
		grow(a, n);
	p = a->first->s + a->used;
	a->used += n;
	return p;
}

char *
arena_dup(struct arena *a, const char *s, size_t n)
{
	char *d = arena_take(a, n + 1);

	if (n)
		memcpy(d, s, n);
	d[n] = '\0';
	return d;
}

static int
is_blank(char c)
{
	return (c >= 0 && c <= ' ') || c == 127;
}

char *
arena_word(struct arena *a, const char *s, size_t n, size_t max)
{
	char *d;
	size_t i;

	while (n && is_blank(*s))
		s++, n--;
	if (n > max)
		n = max;
	while (n && is_blank(s[n - 1]))
		n--;
	d = arena_dup(a, s, n);
	for (i = 0; i < n; i++)
		if (is_blank(d[i]))
			d[i] = ' ';
	return d;
}

static void
free_from(struct arena_chunk *c)
{
	struct arena_chunk *next;

	for (; c; c = next) {
		next = c->next;
		free(c);
	}
}

void
arena_reset(struct arena *a)
{
	if (!a->first)
		return;
	if (a->first->size > CHUNK) {
		arena_free(a);
		return;
	}
	free_from(a->first->next);
	a->first->next = NULL;
	a->used = 0;
}

void
arena_free(struct arena *a)
{
	free_from(a->first);
	a->first = NULL;
	a->used = 0;
}
