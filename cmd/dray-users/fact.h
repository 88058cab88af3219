/*
 * fact - what a user may do, as key=value.
 *
 *   fact_set(a, word)    takes one; NULL, or what is wrong with it.  A value
 *                        that is empty takes the fact away
 *   fact_print(name, a)  one a line, each behind the name
 */
#ifndef DRAY_USERS_FACT_H
#define DRAY_USERS_FACT_H

#include "common/account.h"

const char *fact_set(struct account *a, const char *word);
void fact_print(const char *name, const struct account *a);

#endif
