/*
 * why_answers - what dray-why reads and prints.  First octet: 2 as JSON.
 *
 * Whatever the answer holds, a terminal is shown lines of printable UTF-8.
 */
#include <stdint.h>

int why_main(int argc, char const *const *argv);
#define main why_main
#include "cmd/dray-why/dray-why.c"
#undef main
#include "t/fuzz/harmless.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct options o = { .base = "" };

	if (n == 0)
		return 0;
	harmless_begin();
	o.json = data[0] & 2;
	(void)take(&o, (const char *)data + 1, n - 1);
	harmless_end();
	return 0;
}
