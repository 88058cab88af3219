/*
 * parse - "dray-bounce --parse FILE ...": what returned messages say.
 *
 *   parse_main(base, files, n)
 *                         prints a line of JSON for each recipient, and exits.
 *                         Some files at a time are opened by a process that
 *                         shuts itself in before it reads them
 */
#ifndef DRAY_BOUNCE_PARSE_H
#define DRAY_BOUNCE_PARSE_H

#include <stddef.h>

void parse_main(const char *base, const char *const *files, size_t n)
    __attribute__((noreturn));

#endif
