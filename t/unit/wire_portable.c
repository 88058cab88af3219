/* The same tests over the scanner for machines without SSE2. */
#define WIRE_PORTABLE
#include "common/wire.c"
#include "t/unit/wire.c"
