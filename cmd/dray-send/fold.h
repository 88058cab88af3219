/*
 * fold - rows of numbers that are much like those above them, in few octets.
 *
 *   fold_put(d, w, rows, cols)  rows times cols numbers, row by row, into d,
 *                               which has FOLD_MAX(rows * cols) octets; how
 *                               many it took
 *   fold_get(w, rows, cols, s)  what it made of them back
 *
 * Column by column: how far each number is from the one above, in 1 to 5
 * octets, those nearest to 0 in one.  Where many in a row are the same as the
 * one above, that is told once.
 */
#ifndef DRAY_SEND_FOLD_H
#define DRAY_SEND_FOLD_H

#include <stddef.h>
#include <stdint.h>

#define FOLD_MAX(n) ((n)*5)

size_t fold_put(
    unsigned char *d, const uint32_t *w, unsigned int rows, unsigned int cols);
void fold_get(
    uint32_t *w, unsigned int rows, unsigned int cols, const unsigned char *s);

#endif
