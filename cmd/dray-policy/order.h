/*
 * order - what changed its place, where the first that fits decides: [match]
 * and [rule].
 *
 *   order_diff(from, to, section, out)
 *       from and to are facts (facts.h), in the order of the text.  For each
 *       NAME of "section/NAME" that both have, and that has to be moved to make
 *       the one order of the other, the two lines
 *           -section/NAME/behind TAB the one that was before it
 *           +section/NAME/behind TAB the one that is
 *       so few as possible, and one for names that move in a row.  Names that
 *       only one of them has do not count
 *
 * The result is the number of lines.
 */
#ifndef DRAY_POLICY_ORDER_H
#define DRAY_POLICY_ORDER_H

#include <stddef.h>
#include <stdio.h>

size_t order_diff(
    const char *from, const char *to, const char *section, FILE *out);

#endif
