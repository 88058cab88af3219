#include <stdio.h>
#include <stdlib.h>

#include "common/print.h"
#include "common/mem.h"
#include "common/term.h"

void
print_member(const json_t *o, const char *key)
{
	const json_t *s = json_object_get(o, key);

	if (json_is_string(s))
		term_str(json_string_value(s), json_string_length(s));
}

/* jansson escapes everything but DEL. */
void
print_json(const json_t *o)
{
	char *s = json_dumps(
	    o, JSON_COMPACT | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(12));
	size_t i;

	mem_check(s != NULL);
	for (i = 0; s && s[i]; i++) {
		if (s[i] == 127)
			fputs("\\u007f", stdout);
		else
			putchar(s[i]);
	}
	putchar('\n');
	free(s);
}

int
print_answer(
    const char *data, size_t len, int raw, void (*show)(const json_t *o))
{
	json_t *answer = json_loadb(data, len, 0, NULL);
	int good = json_is_object(answer);

	if (good)
		(raw ? print_json : show)(answer);
	json_decref(answer);
	return good ? 1 : -1;
}
