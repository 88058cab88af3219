/*
 * diff - what differs between two policies, from their facts (facts.h).
 *
 *   diff_facts(from, to, out)
 *       a line for each fact that is in one of them only, by key: "-" and the
 *       fact for those of from, "+" for those of to.  Where a value is set
 *       does not count.  Then what changed its place where that counts
 *       (order.h)
 *
 * The result is the number of lines.
 */
#ifndef DRAY_POLICY_DIFF_H
#define DRAY_POLICY_DIFF_H

#include <stddef.h>
#include <stdio.h>

size_t diff_facts(const char *from, const char *to, FILE *out);

#endif
