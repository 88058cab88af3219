/*
 * show - the statistics of dray-send for people.
 *
 *   show(answer)            tables on standard output.  What the answer does
 *                           not have is left out
 */
#ifndef DRAY_STAT_SHOW_H
#define DRAY_STAT_SHOW_H

#include <jansson.h>

void show(const json_t *answer);

#endif
