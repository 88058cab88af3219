/*
 * options - the settings as the command line gives them.
 *
 *   options_defaults(f)   every setting as dray-sink(8) says it is
 *   options_ext(f, list)  what -x names: "pipelining,nodsn,size=1000".  Dies
 *       with 100 when it is not understood
 *   options_number(s, max, what)   a decimal number, or dies with 100
 *   options_seconds(s, what)       the same with a fraction
 *   options_ehlo(f, hidden, d, n)  the reply to EHLO that follows from the
 *       settings, without the extensions that are hidden
 */
#ifndef DRAY_OPTIONS_H
#define DRAY_OPTIONS_H

#include "sink.h"

void options_defaults(struct conf *f);
void options_ext(struct conf *f, const char *list);
uint64_t options_number(const char *s, uint64_t max, const char *what);
double options_seconds(const char *s, const char *what);
void options_ehlo(const struct conf *f, unsigned hidden, char *d, size_t n);

#endif
