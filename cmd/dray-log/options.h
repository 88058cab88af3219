/*
 * options - what the operator may choose, dray-log(8).
 */
#ifndef DRAY_LOG_OPTIONS_H
#define DRAY_LOG_OPTIONS_H

#include <stdint.h>

struct options {
	const char *base;
	unsigned int ready; /* descriptor, 0 none */
	int pack;
	uint64_t size; /* of a file, octets */
	uint64_t age; /* of a file, seconds */
	uint64_t files;
	uint64_t total;
	uint64_t minfree;
};

void options_read(struct options *o, int argc, char const *const *argv);

#endif
