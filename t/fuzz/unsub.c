/* What comes over HTTP: a path, and behind the first line end a body. */
#include <string.h>

#include "cmd/dray-unsub/request.h"
#include "t/fuzz/fuzz.h"

#define KEYS                                                                 \
	"address "                                                           \
	"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n" \
	"0 ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff\n"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct token_keys keys;
	const char *s = (const char *)data, *nl = n ? memchr(s, '\n', n) : NULL;
	struct request r = { .method = "POST" };
	struct token t;
	size_t path = nl ? (size_t)(nl - s) : n;
	int first;

	must(token_read_keys(&keys, KEYS, sizeof KEYS - 1) == 0);
	r.has = request_token(&keys, s, path, &t);
	r.body = nl ? nl + 1 : "";
	r.len = nl ? n - path - 1 : 0;
	first = request_answer(&r) == REQUEST_LEAVE;
	must(!first || (r.has && r.len));
	r.type = "multipart/form-data; boundary=x";
	(void)request_answer(&r);
	return 0;
}
