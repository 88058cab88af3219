/*
 * show - an answer to WHY for people.
 *
 *   show(answer)            lines on standard output.  What the answer does not
 *                           have is left out
 */
#ifndef DRAY_WHY_SHOW_H
#define DRAY_WHY_SHOW_H

#include <jansson.h>

void show(const json_t *answer);

#endif
