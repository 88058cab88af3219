/*
 * logevent - a line of the log: what is taken are texts inside of it, each with
 * its end.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/logevent.h"
#include "t/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct logevent e;
	const char *line = (const char *)data, *types[2] = { NULL };
	size_t i;

	if (logevent_read(&e, line, n) == -1)
		return 0;
	must(n >= 2 && n <= LOG_LINEMAX && line[0] == '{');
	for (i = 0; i < LOGEVENT_FIELDS; i++) {
		must(e.s[i] >= e.text && e.s[i] < e.text + sizeof e.text);
		must(
		    strlen(e.s[i]) < (size_t)(e.text + sizeof e.text - e.s[i]));
	}
	types[0] = e.s[LOGEVENT_TYPE];
	(void)logevent_any(line, n, types);
	return 0;
}
