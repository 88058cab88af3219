/* Scripts of dray-sink: any text is either rules or one mistake. */
#include <stdlib.h>
#include <string.h>

#include "cmd/dray-sink/script.h"
#include "cmd/dray-sink/scriptparse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
ask(struct script *s)
{
	struct question q;

	memset(&q, 0, sizeof q);
	for (q.phase = 0; q.phase < PHASE_MAX; q.phase++) {
		q.addr = q.phase == PHASE_RCPT ? "User.4@example.com" : NULL;
		q.from = "a@example.org";
		q.tos = "b@example.com\0\0c@example.com\0";
		q.toslen = 30;
		q.helo = "client.example";
		q.local = q.peer = "127.0.0.1:25";
		q.conn = q.msg = q.total = 3;
		if (script_has(s, q.phase))
			script_find(s, &q);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct script *s = calloc(1, sizeof *s);
	char *text = malloc(n + 1), err[300], json[4096];

	if (!s || !text)
		abort();
	if (n)
		memcpy(text, data, n);
	text[n] = '\0';
	err[0] = '\0';
	if (scriptparse(text, s, err, sizeof err) == 0) {
		ask(s);
		script_json(s, json, sizeof json);
	} else if (!err[0]) {
		abort();
	}
	free(text);
	script_free(s);
	return 0;
}
