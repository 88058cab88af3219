/*
 * row - numbers that wait for their turn.  Nothing is taken out of its middle:
 * whoever comes up is asked whether it still waits.
 *
 *   row_last(r, n)    goes to the end
 *   row_first(r, n)   goes to the front
 *   row_next(r)       the one in front, 0 there is none
 *   row_take(r)       it leaves
 */
#ifndef DRAY_SEND_ROW_H
#define DRAY_SEND_ROW_H

#include <stdint.h>

struct row {
	uint32_t *n;
	uint32_t first, len, room;
};

void row_last(struct row *r, uint32_t n);
void row_first(struct row *r, uint32_t n);
uint32_t row_next(const struct row *r);
void row_take(struct row *r);

#endif
