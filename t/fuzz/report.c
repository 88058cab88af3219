/*
 * report - what a returned message says.  Whatever it is, something is said:
 * of one recipient or more, in words that are bounded, as lines of JSON in
 * UTF-8.
 *
 * There are keys of tokens, and the message is for an address that may have
 * one.
 */
#include <stdlib.h>
#include <string.h>

#include <skalibs/stralloc.h>

#include "cmd/dray-bounce/report.h"
#include "common/utf8.h"
#include "t/fuzz/fuzz.h"

static const char keys_text[] =
    "address 000102030405060708090a0b0c0d0e0f"
    "101112131415161718191a1b1c1d1e1f\n"
    "1 202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f\n";

static const char *const to[] = {
	"b+aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@example.com",
};

static struct parser *
open_parser(void)
{
	static struct token_keys keys;
	struct report_options o = { .keys = &keys };

	must(token_read_keys(&keys, keys_text, sizeof keys_text - 1) == 0);
	return report_open(&o);
}

static void
look(const struct report *r)
{
	const struct report_rcpt *v;
	size_t i;

	must(r->nrcpt >= 1 && r->nrcpt <= REPORT_RCPTS);
	must(r->kind < REPORT_KINDS && r->sort < REPORT_SORTS);
	must(!r->has_token);
	for (i = 0; i < r->nrcpt; i++) {
		v = &r->rcpt[i];
		must(strlen(v->address) <= REPORT_ADDRESS);
		must(strlen(v->text) <= REPORT_REASON);
		must(strlen(v->status) < sizeof v->status);
		must(v->code <= 599 && v->class < REPORT_CLASSES);
		must(v->hardness != REPORT_HARD || r->kind == REPORT_DSN);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct parser *p;
	struct report_mail m = { (const char *)data, n, to, 1 };
	stralloc out = STRALLOC_ZERO;
	struct report r;
	size_t i;

	if (!p)
		p = open_parser();
	report_parse(p, &m, &r);
	look(&r);
	for (i = 0; i < r.nrcpt; i++)
		report_json(&out, "name", &r, i);
	must(utf8_ok(out.s, out.len));
	stralloc_free(&out);
	return 0;
}
