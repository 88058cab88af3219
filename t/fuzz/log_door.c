/*
 * log_door - lines that dray-smtpd writes to dray-log: what is taken is to
 * jansson what it is to us, a refusal and nothing else.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "cmd/dray-log/door.h"
#include "common/logline.h"
#include "t/fuzz/fuzz.h"

static void
look(const char *s, size_t n)
{
	json_t *j = json_loadb(s, n, JSON_ALLOW_NUL, NULL);
	const char *type = json_string_value(json_object_get(j, "type"));

	must(type != NULL);
	must(!strcmp(type, "Rejection") || !strcmp(type, "RejectionSummary"));
	json_decref(j);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const char *s = (const char *)data, *nl;
	uint64_t lines;
	size_t k;

	if (!logline_allok(s, n, &lines) || !door_ok(s, n))
		return 0;
	for (; n; s += k, n -= k) {
		nl = memchr(s, '\n', n);
		must(nl != NULL);
		k = (size_t)(nl - s) + 1;
		look(s, k);
	}
	return 0;
}
