/*
 * notice - a line of a file of notices: what is in it comes out, and what is
 * missing, of another kind or over its limit is refused.
 */
#include <stdlib.h>

#include "common/json.h"
#include "common/notice.h"
#include "t/lib/tap.h"

static const char good[] =
    "{\"kind\":\"failed\",\"id\":\"1.M2P3Q4.host-5\",\"sender\":\"a@b.test\","
    "\"notice\":false,\"recipient\":\"c@d.test\",\"size\":7,\"arrival\":8,"
    "\"time\":9,\"expiry\":10,\"code\":550,\"phase\":\"r\","
    "\"status\":\"5.1.1\",\"text\":\"no\\u0001\",\"host\":\"mx.test\","
    "\"envid\":\"e+20\",\"ret\":\"F\",\"notify\":4,\"orcpt\":\"rfc822;x\","
    "\"stream\":\"s\",\"route\":\"r\",\"tenant\":\"t\",\"campaign\":\"c\"}";

/* The line with one thing changed. */
static char *
changed(const char *from, const char *to)
{
	const char *at = strstr(good, from);
	char *s = malloc(sizeof good + strlen(to));

	if (!at || !s)
		abort();
	sprintf(s, "%.*s%s%s", (int)(at - good), good, to, at + strlen(from));
	return s;
}

static void
taken(void)
{
	struct notice n;

	ok(notice_parse(&n, good, sizeof good - 1) == 0, "a good line");
	is_int(n.kind, NOTICE_FAILED, "kind");
	is_str(n.id, "1.M2P3Q4.host-5", "id");
	is_str(n.sender, "a@b.test", "sender");
	is_str(n.recipient, "c@d.test", "recipient");
	is_str(n.host, "mx.test", "host");
	is_str(n.envid, "e+20", "envid");
	is_str(n.orcpt, "rfc822;x", "orcpt");
	is_str(n.tenant, "t", "tenant");
	is_int((long long)n.arrival, 8, "arrival");
	is_int((long long)n.time, 9, "time");
	is_int((long long)n.expiry, 10, "expiry");
	is_int(n.code, 550, "code");
	is_int(n.phase, 'r', "phase");
	is_int(n.ret, 'F', "ret");
	ok(n.text_len == 3 && n.text[2] == 1, "the text is as it came");
	ok(!n.isnotice && !n.original, "and nothing of the message");
	notice_free(&n);
}

static void
octets(void)
{
	stralloc line = STRALLOC_ZERO;
	struct notice n;
	char all[512];
	size_t i;

	for (i = 0; i < sizeof all; i++)
		all[i] = (char)i;
	stralloc_copyb(&line, good, sizeof good - 2);
	json_octets(&line, "message", all, sizeof all);
	json_end(&line);
	ok(notice_parse(&n, line.s, line.len) == 0 && n.iswhole,
	    "a line with a message");
	ok(n.original_len == sizeof all &&
		memcmp(n.original, all, sizeof all) == 0,
	    "each octet is what it was");
	notice_free(&n);
	stralloc_free(&line);
}

static void
refused(void)
{
	/* clang-format off */
	static const struct {
		const char *from, *to, *name;
	} t[] = {
		{ "\"failed\"", "\"bounced\"", "an unknown kind" },
		{ "\"failed\"", "1", "a kind that is a number" },
		{ "host-5", "host", "an id without a number" },
		{ "host-5", "host-5/../x", "an id that is a path" },
		{ "a@b.test", "", "no sender" },
		{ "a@b.test", "a", "a sender that is no address" },
		{ "a@b.test", "a\\n@b.test", "a sender with a newline" },
		{ "a@b.test", "a@b.test>,<c@d.test", "two senders" },
		{ "false", "true", "a notice with a sender" },
		{ "c@d.test", "", "no recipient" },
		{ "c@d.test", "\\u0000c@d.test", "a recipient with NUL" },
		{ "\"size\":7,", "", "no size" },
		{ "\"arrival\":8", "\"arrival\":-8", "a time before time" },
		{ "\"time\":9", "\"time\":9.5", "a broken number" },
		{ "550", "5500", "a code with four digits" },
		{ "\"r\",\"status\"", "\"z\",\"status\"", "an unknown phase" },
		{ "5.1.1", "5.1.1.1.1.1.1.1", "a long status" },
		{ "\"no\\u0001\"", "null", "no text" },
		{ "mx.test", "mx\\r\\nX: y", "a host with a line end" },
		{ "e+20", "\\u00e9", "an envid that is not ASCII" },
		{ "\"F\"", "\"FULL\"", "a word for RET" },
		{ "\"notify\":4", "\"notify\":16", "an unknown wish" },
		{ "\"s\"", "null", "no stream" },
		{ "\"c\"}", "\"c\",\"header\":7}", "a header that is a number" },
		{ "\"c\"}", "\"c\",\"header\":\"\\u0100\"}", "no octet" },
		{ "\"c\"}", "\"c\",\"header\":\"x\",\"message\":\"x\"}", "both" },
		{ "\"c\"}", "\"c\",\"id\":\"1.M2P3Q4.host-6\"}", "two ids" },
		{ "\"c\"}", "\"c\"", "half an object" },
		{ "\"c\"}", "\"c\"}x", "an object and more" },
		{ good, "[]", "an array" },
		{ good, "", "nothing" },
	};
	/* clang-format on */
	struct notice n;
	size_t i;
	char *s;

	for (i = 0; i < sizeof t / sizeof *t; i++) {
		s = changed(t[i].from, t[i].to);
		ok(notice_parse(&n, s, strlen(s)) == -1 && n.why, t[i].name);
		notice_free(&n);
		free(s);
	}
}

static void
limits(void)
{
	char *big = malloc(NOTICE_LINEMAX + 100), *s;
	struct notice n;

	memset(big, 'x', NOTICE_HEADERMAX + 100);
	memcpy(big, "\"c\",\"header\":\"", 14);
	memcpy(big + 14 + NOTICE_HEADERMAX, "\"}", 3);
	s = changed("\"c\"}", big);
	ok(notice_parse(&n, s, strlen(s)) == 0, "the longest header");
	notice_free(&n);
	free(s);
	memset(big + 14 + NOTICE_HEADERMAX, 'x', 1);
	memcpy(big + 15 + NOTICE_HEADERMAX, "\"}", 3);
	s = changed("\"c\"}", big);
	ok(notice_parse(&n, s, strlen(s)) == -1, "one octet more");
	notice_free(&n);
	free(s);
	memset(big, ' ', NOTICE_LINEMAX + 1);
	memcpy(big, good, sizeof good - 1);
	ok(notice_parse(&n, big, NOTICE_LINEMAX) == 0, "the longest line");
	notice_free(&n);
	ok(notice_parse(&n, big, NOTICE_LINEMAX + 1) == -1, "one octet more");
	notice_free(&n);
	free(big);
}

int
main(void)
{
	taken();
	octets();
	refused();
	limits();
	is_str(notice_name(NOTICE_DELAYED), "delayed", "a name");
	return done_testing();
}
