#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "counts.h"

struct text {
	char *s;
	size_t n, room;
};

__attribute__((format(printf, 2, 3))) static void
put(struct text *t, const char *format, ...)
{
	va_list ap;
	int r;

	if (t->n >= t->room)
		return;
	va_start(ap, format);
	r = vsnprintf(t->s + t->n, t->room - t->n, format, ap);
	va_end(ap);
	if (r > 0)
		t->n += (size_t)r;
	if (t->n >= t->room)
		t->n = t->room - 1;
}

static void
put_codes(struct text *t, const struct counts *c)
{
	const char *comma = "";
	unsigned i;

	put(t, "\"replies\":{");
	for (i = 0; i < COUNTS_CODES; i++) {
		if (!c->codes[i])
			continue;
		put(t, "%s\"%u\":%" PRIu64, comma, i, c->codes[i]);
		comma = ",";
	}
	put(t, "}");
}

size_t
counts_json(
    char *d, size_t n, const struct counts *c, uint64_t open, double now)
{
	struct text t = { d, 0, n };
	const struct {
		const char *name;
		uint64_t value;
	} all[] = {
		{ "connections", c->connections },
		{ "open", open },
		{ "open_max", c->openmax },
		{ "refused", c->refused },
		{ "messages", c->messages },
		{ "recipients", c->recipients },
		{ "octets", c->octets },
		{ "input", c->input },
		{ "data", c->data },
		{ "bdat", c->bdat },
		{ "rejected", c->rejected },
		{ "aborted", c->aborted },
		{ "inflight_max", c->inflightmax },
		{ "turns", c->turns },
		{ "early", c->early },
		{ "barelf", c->barelf },
		{ "barecr", c->barecr },
		{ "longline", c->longline },
		{ "eightbit", c->eightbit },
		{ "handshakes", c->handshakes },
		{ "resumed", c->resumed },
		{ "renegotiated", c->renegotiated },
		{ "tls_failed", c->tlsfailed },
		{ "tls_messages", c->secure },
		{ "errors", c->errors },
		{ "failures", c->failures },
	};
	size_t i;

	put(&t, "{");
	for (i = 0; i < sizeof all / sizeof all[0]; i++)
		put(&t, "\"%s\":%" PRIu64 ",", all[i].name, all[i].value);
	put(&t, "\"first\":%.6f,\"last\":%.6f,\"now\":%.6f,", c->first, c->last,
	    now);
	put_codes(&t, c);
	put(&t, "}\n");
	return t.n;
}

void
counts_reset(struct counts *c)
{
	memset(c, 0, sizeof *c);
}
