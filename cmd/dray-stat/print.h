/*
 * print - what others wrote, on standard output, without anything that a
 * terminal obeys.
 *
 *   print_text(s, len)      control and invisible characters as \uXXXX (json.h)
 *   print_member(o, key)    likewise a string in an object; nothing if there is
 *                           none
 *   print_json(o)           one line of plain ASCII
 */
#ifndef DRAY_STAT_PRINT_H
#define DRAY_STAT_PRINT_H

#include <jansson.h>
#include <stddef.h>

void print_text(const char *s, size_t len);
void print_member(const json_t *o, const char *key);
void print_json(const json_t *o);

#endif
