/*
 * list - the commands of dray-suppress, over the list of one instance.
 *
 *   list_open(l, base, write)   dies (111) if it is not there.  From here on who
 *                       was root is the owner of the directory, for good
 *   list_next(l, sa, e) 1 the next entry that a line of the input names, the line
 *                       in sa; 0 it is over.  What is wrong with a line that
 *                       names none is said, and counted in bad
 *   list_flush()        dies (111) if standard output does not take what was said
 *
 * list.c has what is about some addresses: add, remove, query; bulk.c what goes
 * through all of it: import, export, fold.  They die of what is wrong, and return
 * what to exit with.
 */
#ifndef DRAY_SUPPRESS_LIST_H
#define DRAY_SUPPRESS_LIST_H

#include <stdint.h>
#include <stdio.h>

#include <skalibs/stralloc.h>

#include "common/suppress.h"

#define LIST_COMPLAINTS 100 /* lines of which it is told what is wrong */

struct list {
	int dir;
	int hashed;
	int reasoned, scoped; /* -r and -s were given */
	uint64_t least; /* octets of a journal that are worth a fold */
	struct token_keys keys;
	struct suppress *s;
	struct suppress_entry like; /* what the options say */
	FILE *in; /* standard input, or the file to be read */
	const char *in_name;
	uint64_t line, good, bad;
};

void list_open(struct list *l, const char *base, int write);
int list_next(struct list *l, stralloc *sa, struct suppress_entry *e);
void list_flush(void);

int list_add(struct list *l, const char *const *words, int n);
int list_remove(struct list *l, const char *const *words, int n);
int list_query(struct list *l, const char *const *words, int n);
int list_import(struct list *l, const char *const *words, int n);
int list_export(struct list *l, const char *const *words, int n);
int list_fold(struct list *l, const char *const *words, int n);

#endif
