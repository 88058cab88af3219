/*
 * print - parts of the answers of dray-send, on standard output, without
 * anything that a terminal obeys.
 *
 *   print_member(o, key)    a string in an object (term.h); nothing if there is
 *                           none
 *   print_json(o)           one line of plain ASCII
 */
#ifndef DRAY_PRINT_H
#define DRAY_PRINT_H

#include <jansson.h>

void print_member(const json_t *o, const char *key);
void print_json(const json_t *o);

#endif
