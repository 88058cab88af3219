/*
 * override - files of overrides/.  What can be read is written and read again,
 * and is the same.
 */
#include <stdlib.h>
#include <string.h>

#include "common/override.h"
#include "t/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct override a, b;
	stralloc sa = STRALLOC_ZERO, fields = STRALLOC_ZERO;
	struct scope sc;
	const char *why;
	struct field f;

	if (override_parse(&a, (const char *)data, n, &why) == -1) {
		must(why != NULL);
		return 0;
	}
	must(a.scope.given);
	override_fmt(&sa, &a);
	must(override_parse(&b, sa.s, sa.len, &why) == 0);
	must(a.expires == b.expires && a.created == b.created);
	must(a.action == b.action && a.number == b.number);
	must(strcmp(a.value, b.value) == 0 && !override_check(&a));
	must(strcmp(a.reason, b.reason) == 0);
	must(strcmp(a.author, b.author) == 0);
	must(strcmp(a.reply, b.reply) == 0);
	must(scope_covers(&a.scope, &b.scope));
	must(scope_covers(&b.scope, &a.scope));
	scope_put(&fields, &a.scope);
	field_start(&f, fields.s, fields.len);
	must(scope_get(&f, &sc) == 0 && field_end(&f));
	must(sc.given == a.scope.given && scope_covers(&sc, &a.scope));
	stralloc_free(&sa);
	stralloc_free(&fields);
	return 0;
}
