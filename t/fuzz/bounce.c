/*
 * bounce - a file of notices, and the mail that is made of it.  Whatever is in
 * the file, a notice is lines of at most 998 octets that end in CRLF, without
 * NUL; it has three parts, and the boundary is where the parts meet and nowhere
 * else.
 *
 * A first octet chooses: the file as it is, or one good line whose strings are
 * what follows, so that there is something to make.
 */
#include <stdlib.h>
#include <string.h>

#include "cmd/dray-bounce/group.h"
#include "cmd/dray-bounce/put.h"
#include "common/header.h"
#include "common/json.h"
#include "t/fuzz/fuzz.h"

static const struct policy_node node = {
	.hostname = "node.example",
	.postmaster = "postmaster@node.example",
};
static const struct policy_notices policy = {
	.from_name = "Mail",
	.from = "mailer-daemon@node.example",
};

/* How often the boundary divides the body; in a part it must not be. */
static unsigned int
count(const char *p, const char *end, const char *boundary)
{
	unsigned int n = 0;

	while ((p = memmem(p, (size_t)(end - p), boundary, strlen(boundary)))) {
		must(memcmp(p - 4, "\r\n--", 4) == 0);
		n++;
		p++;
	}
	return n;
}

static void
look(const stralloc *mail)
{
	const char *p = mail->s, *end = mail->s + mail->len;
	struct header_field f;
	char boundary[100], type[100];
	int to = 0, typed = 0;

	must(put_is8bit(mail->s, mail->len));
	while (header_next(&p, end, &f)) {
		to += header_is(&f, "To");
		if (!header_is(&f, "Content-Type"))
			continue;
		typed++;
		header_token(&f, type, sizeof type);
		must(strcmp(type, "multipart/report") == 0);
		must(header_param(&f, "boundary", boundary, sizeof boundary));
	}
	must(to == 1 && typed == 1 && end - p > 2);
	must(memcmp(p - 2, "\r\n", 2) == 0);
	must(count(p, end, boundary) == 4);
}

static void
make(const char *s, size_t n)
{
	static struct groups g;
	static stralloc mail;
	struct dsn d = { .node = &node,
		.policy = &policy,
		.unique = "1.M2P3Q4.host-0",
		.now = 1795316645 };
	size_t i, rcpts = 0;

	group_read(&g, s, n);
	must(g.nline + g.nbad > 0);
	for (i = 0; i < g.n; i++) {
		group_load(&g, i, &d);
		must(d.count > 0 && d.count <= GROUP_MAX);
		rcpts += d.count;
		dsn_make(&mail, &d);
		look(&mail);
		group_unload(&g);
	}
	must(rcpts == g.nline);
	group_free(&g);
}

/* A piece of the input, up to a newline. */
static const char *
piece(const char **s, const char *end, size_t *n_r)
{
	const char *p = *s, *nl = memchr(p, '\n', (size_t)(end - p));

	*n_r = (size_t)((nl ? nl : end) - p);
	*s = nl ? nl + 1 : end;
	return p;
}

static void
make_good(char kind, const char *s, const char *end)
{
	static const char *const keys[] = { "sender", "recipient", "envid",
		"orcpt", "host", "status", "text" };
	static stralloc line;
	const char *p;
	size_t i, n;

	line.len = 0;
	json_open(&line);
	json_text(&line, "kind", notice_name(kind));
	json_text(&line, "id", "1.M2P3Q4.host-0");
	for (i = 0; i < sizeof keys / sizeof *keys; i++) {
		p = piece(&s, end, &n);
		json_str(&line, keys[i], p, n);
	}
	json_octets(&line, kind == NOTICE_FAILED ? "message" : "header", s,
	    (size_t)(end - s));
	for (i = 0; i < 4; i++)
		json_text(&line,
		    (const char *[]){
			"stream", "route", "tenant", "campaign" }[i],
		    "");
	json_text(&line, "ret", "F");
	json_text(&line, "phase", "r");
	json_bool(&line, "notice", 0);
	json_u64(&line, "size", 10);
	json_u64(&line, "arrival", UINT64_C(1795316645000000));
	json_u64(&line, "time", UINT64_C(1795316645000000));
	json_u64(&line, "expiry", 1795316645);
	json_u64(&line, "code", kind == NOTICE_DELAYED ? 0 : 550);
	json_u64(&line, "notify", 4);
	json_line(&line);
	make(line.s, line.len);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const char kinds[] = { NOTICE_FAILED, NOTICE_RELAYED,
		NOTICE_DELAYED };
	const char *s = (const char *)data;

	if (n == 0)
		return 0;
	if (*data >= '0' && *data <= '2')
		make_good(kinds[*data - '0'], s + 1, s + n);
	else
		make(s, n);
	return 0;
}
