#include <stdio.h>
#include <string.h>

#include <jansson.h>
#include <skalibs/strerr.h>

#include "cmd/dray-policy/reply.h"
#include "common/rules.h"
#include "common/ruleset.h"

#define LINEMAX (1 << 18) /* octets of an event; dray-log makes none so long */
#define STATUSMAX 16

struct counts {
	unsigned long replies, changed, bad;
};

static const char *
text(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

static unsigned int
number(const json_t *o, const char *key)
{
	json_int_t v = json_integer_value(json_object_get(o, key));

	return v > 0 && v < 1000 ? (unsigned int)v : 0;
}

/* The command that was answered, as dray-log(5) has it, as a phase. */
static uint8_t
phase(const char *command)
{
	static const struct {
		const char *command;
		char letter;
	} known[] = { { "connect", 'c' }, { "banner", 'g' }, { "EHLO", 'e' },
		{ "STARTTLS", 't' }, { "MAIL", 'm' }, { "RCPT", 'r' },
		{ "DATA", 'i' }, { ".", 'd' } };
	size_t i;

	for (i = 0; i < sizeof known / sizeof *known; i++)
		if (!strcmp(known[i].command, command))
			return ruleword_phase(known[i].letter);
	return 0;
}

/* What is from a peer, on a line and between tabs. */
static void
put(const char *s, char end)
{
	for (; *s; s++)
		putchar((unsigned char)*s < ' ' || *s == 127 ? ' ' : *s);
	putchar(end);
}

static const char *
or_none(const char *s)
{
	return *s ? s : "-";
}

static const char *
fate_of(const struct rules_verdict *v)
{
	return ruleword_name(&ruleword_dispositions, v->fate);
}

static void
put_change(const json_t *event, const char *fate, const struct rules_verdict *v,
    const struct rules_input *in)
{
	printf("%s\t%s\t%s\t%s\t", or_none(text(event, "class")),
	    or_none(text(event, "blame")), fate, or_none(text(event, "rule")));
	printf("%s\t%s\t%s\t%s\t", ruleword_name(&ruleword_classes, v->class),
	    ruleword_name(&ruleword_blames, v->blame), fate_of(v), v->rule);
	put(or_none(text(event, "id")), '\t');
	put(or_none(text(event, "recipient")), '\t');
	printf("%u\t%s\t", in->code, or_none(in->status));
	put(in->text, '\n');
}

/* What became of it then, or NULL: it is no event of a failure. */
static const char *
fate_told(const json_t *event)
{
	const char *type = text(event, "type");

	if (!strcmp(type, "TransientFailure"))
		return "retry";
	return strcmp(type, "Bounce") ? NULL : "fail";
}

/* The reply of an event; status has STATUSMAX octets. */
static void
get_reply(const json_t *event, struct rules_input *in, char *status)
{
	const json_t *o = json_object_get(event, "response");
	const json_t *e = json_object_get(o, "enhanced_code");

	status[0] = '\0';
	if (e)
		snprintf(status, STATUSMAX, "%u.%u.%u", number(e, "class"),
		    number(e, "subject"), number(e, "detail"));
	in->code = number(o, "code");
	in->status = status;
	in->status_len = strlen(status);
	in->text = text(o, "content");
	in->len = strlen(in->text);
	in->phase = phase(text(o, "command"));
	in->provider = text(event, "provider");
	in->provider_len = strlen(in->provider);
}

static int
is_same(const json_t *event, const char *fate, const struct rules_verdict *v)
{
	const char *class = ruleword_name(&ruleword_classes, v->class);
	const char *blame = ruleword_name(&ruleword_blames, v->blame);

	return !strcmp(class, text(event, "class")) &&
	    !strcmp(blame, text(event, "blame")) &&
	    (v->fate == RULE_DEFAULT || !strcmp(fate_of(v), fate));
}

static void
judge(struct rules *r, const json_t *event, struct counts *n)
{
	const char *fate = fate_told(event);
	struct rules_verdict v;
	struct rules_input in;
	char status[STATUSMAX];

	get_reply(event, &in, status);
	if (!fate || !in.code)
		return;
	n->replies++;
	rules_classify(r, &in, &v);
	if (is_same(event, fate, &v))
		return;
	n->changed++;
	put_change(event, fate, &v, &in);
}

/* A line of at most LINEMAX octets: its length, 0 for one that is longer,
 * -1 at the end. */
static long
get_line(char *s)
{
	long n = 0;
	int c;

	while ((c = getchar_unlocked()) != EOF && c != '\n') {
		if (n < LINEMAX)
			s[n] = (char)c;
		n++;
	}
	if (c == EOF && n == 0)
		return -1;
	return n > LINEMAX ? 0 : n;
}

void
reply_replay(const struct reply_source *s)
{
	static char line[LINEMAX];
	struct rules *r = reply_rules(s);
	struct counts n = { 0, 0, 0 };
	json_t *event;
	long len;

	while ((len = get_line(line)) != -1) {
		event = json_loadb(line, (size_t)len, JSON_ALLOW_NUL, NULL);
		if (json_is_object(event))
			judge(r, event, &n);
		else
			n.bad++;
		json_decref(event);
	}
	if (ferror(stdin))
		strerr_diefusys(111, "read standard input");
	ruleset_free(r);
	fflush(stdout);
	fprintf(stderr, "%lu replies, %lu would be taken otherwise\n",
	    n.replies, n.changed);
	if (n.bad)
		fprintf(stderr, "%lu lines are no events\n", n.bad);
}
