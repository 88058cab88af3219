/*
 * counts - the counters of dray-sink, and their form as one line of JSON.
 *
 *   counts_json(d, n, c, open, now)
 *                         writes the line (with its newline) to d, which has
 *                         room for n octets; returns its length.  COUNTS_JSON
 *                         is always enough.
 *   counts_reset(c)       zeroes everything
 *
 * All counters are described in dray-sink(8), COUNTERS.
 */
#ifndef DRAY_COUNTS_H
#define DRAY_COUNTS_H

#include <stddef.h>
#include <stdint.h>

enum { COUNTS_CODES = 1000, COUNTS_JSON = 32768 };

struct counts {
	uint64_t connections, refused, openmax;
	uint64_t messages, recipients, octets, input;
	uint64_t data, bdat;
	uint64_t rejected; /* whole messages answered other than 2xx */
	uint64_t aborted; /* connections lost inside a message */
	uint64_t inflightmax, turns, early;
	uint64_t barelf, barecr, longline, eightbit;
	uint64_t handshakes, resumed, renegotiated, tlsfailed;
	uint64_t secure; /* messages accepted under TLS */
	uint64_t errors; /* commands refused for syntax or sequence */
	uint64_t failures; /* messages we could not write down */
	double first, last;
	uint64_t codes[COUNTS_CODES];
};

size_t counts_json(
    char *d, size_t n, const struct counts *c, uint64_t open, double now);
void counts_reset(struct counts *c);

#endif
