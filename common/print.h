/*
 * print - parts of the answers of dray-send, on standard output, without
 * anything that a terminal obeys.
 *
 *   print_member(o, key)    a string in an object (term.h); nothing if there is
 *                           none
 *   print_json(o)           one line of plain ASCII
 *   print_answer(data, len, raw, show)
 *                           an answer that is one object of JSON: by print_json
 *                           if it is to be raw, else by show.  1, or -1 it is
 *                           malformed: as of a controlclient_fn
 */
#ifndef DRAY_PRINT_H
#define DRAY_PRINT_H

#include <jansson.h>
#include <stddef.h>

void print_member(const json_t *o, const char *key);
void print_json(const json_t *o);
int print_answer(
    const char *data, size_t len, int raw, void (*show)(const json_t *o));

#endif
