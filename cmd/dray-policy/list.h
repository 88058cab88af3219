/*
 * list - things with names, in the order in which they were added.
 *
 * An item is a struct that begins with its name, an array of char; it stays
 * where it is.  A list of zeroes is an empty one.
 *
 *   list_add(l, item)     NULL, or the item that has this name already: then
 *                         nothing was added
 *   list_find(l, name)    the item, or NULL
 *   list_free(l, f)       calls f for each item; the list is then empty
 */
#ifndef DRAY_POLICY_LIST_H
#define DRAY_POLICY_LIST_H

#include <stddef.h>

struct list {
	void **item;
	size_t n;
	void *tree; /* tsearch(3) */
};

void *list_add(struct list *l, void *item);
void *list_find(const struct list *l, const char *name);
void list_free(struct list *l, void (*f)(void *item));

#endif
