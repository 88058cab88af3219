#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include <skalibs/strerr.h>

#include "cmd/dray-policy/conf.h"
#include "cmd/dray-policy/list.h"

static int
by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

void *
list_add(struct list *l, void *item)
{
	void **found = tsearch(item, &l->tree, by_name);

	if (!found) {
		errno = ENOMEM;
		strerr_diefusys(111, "allocate memory");
	}
	if (*found != item)
		return *found;
	/* Grows by doubling: at each power of two. */
	if (!(l->n & (l->n - 1)))
		l->item =
		    conf_alloc(l->item, l->n ? 2 * l->n : 1, sizeof *l->item);
	l->item[l->n++] = item;
	return NULL;
}

void *
list_find(const struct list *l, const char *name)
{
	void **found = tfind(name, &l->tree, by_name);

	return found ? *found : NULL;
}

static void
ignore(void *p)
{
	(void)p;
}

void
list_free(struct list *l, void (*f)(void *item))
{
	size_t i;

	tdestroy(l->tree, ignore);
	for (i = 0; i < l->n; i++)
		f(l->item[i]);
	free(l->item);
	memset(l, 0, sizeof *l);
}
