/*
 * mem - memory or death.
 *
 * Every dray program dies (exit 111) when memory runs out: what matters is on
 * disk, s6 starts it again, and start-up is the recovery path.  So these never
 * return NULL.  Lengths that come from outside are bounded before they get
 * here.
 *
 *   mem_alloc(n)            n octets, zeroed
 *   mem_array(n, size)      n elements, zeroed; the product is checked
 *   mem_grow(p, n, size)    as reallocarray(3)
 *   mem_dup(s, len)         a copy with a zero octet behind it
 *   mem_check(good)         dies unless good: mem_check(stralloc_catb(...))
 *   mem_room(sa, n)         room for n octets more, if need be twice as much as
 *                           there is: for what grows piece by piece
 *   mem_keep(n)             for a program through which much passes: up to n
 *                           octets that were freed stay with it, instead of
 *                           going to the system and coming back as zeroed pages
 */
#ifndef DRAY_MEM_H
#define DRAY_MEM_H

#include <stddef.h>

#include <skalibs/stralloc.h>

void *mem_alloc(size_t n);
void *mem_array(size_t n, size_t size);
void *mem_grow(void *p, size_t n, size_t size);
char *mem_dup(const void *s, size_t len);
void mem_check(int good);
void mem_room(stralloc *sa, size_t n);
void mem_keep(int n);

#endif
