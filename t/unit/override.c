/* Files of overrides/. */
#include <string.h>

#include "common/json.h"
#include "common/override.h"
#include "t/lib/tap.h"

static struct override o;
static const char *why;

static int
parse(const char *s)
{
	return override_parse(&o, s, strlen(s), &why);
}

static void
as_json(stralloc *sa, const struct override *v)
{
	json_open(sa);
	override_json(sa, v);
	json_line(sa);
}

/* What is made of the last one that was parsed. */
static void
gives(void (*put)(stralloc *, const struct override *), const char *want,
    const char *name)
{
	stralloc sa = STRALLOC_ZERO;

	put(&sa, &o);
	ok(stralloc_0(&sa), "memory");
	is_str(sa.s, want, name);
	stralloc_free(&sa);
}

static void
good(void)
{
	is_int(parse("# why not\n\n\taction=pause \r\n; x\n tenant = t\n"
		     "sender = <>\nreason =  two  words \n"
		     "expires = 2026-11-22T03:04:05Z"),
	    0, "a file");
	is_int((int)o.scope.given, 1 << SCOPE_TENANT | 1 << SCOPE_SENDER,
	    "its selectors");
	is_str(o.scope.value[SCOPE_SENDER], "", "the null sender");
	is_str(o.reason, "two  words", "its reason");
	is_int((int)o.expires, 1795316645, "when it expires");
	is_int((int)o.created, 0, "nothing that is not there");
	is_str(o.author, "", "nobody");
	gives(override_fmt,
	    "action = pause\ntenant = t\nsender = <>\n"
	    "expires = 2026-11-22T03:04:05Z\nreason = two  words\n",
	    "written again");
	strcpy(o.id, "a-1");
	gives(as_json,
	    "{\"id\":\"a-1\",\"action\":\"pause\",\"scope\":{\"tenant\":\"t\","
	    "\"sender\":\"\"},\"expires\":1795316645,"
	    "\"reason\":\"two  words\"}\n",
	    "as JSON");
}

static void
bad(void)
{
	static const char *const t[] = { "", "action = pause\n", "tenant = t\n",
		"action = pause\ntenant = t\nx = y\n",
		"action = stop\ntenant = t\n",
		"action = pause\ntenant = t\ntenant = t\n",
		"action = pause\naction = pause\ntenant = t\n",
		"action = pause\ntenant t\n", "action = pause\ntenant = a b\n",
		"action = pause\ntenant = t\nreason = \x1b[31m\n",
		"action = pause\ntenant = t\nexpires = tomorrow\n",
		"action = pause\ntenant = t\nexpires = 2026-02-30T00:00:00Z\n",
		"action = pause\ntenant = t\nexpires = 2026-11-22T03:04:05\n",
		"action = pause\ntenant = t\nexpires = 1969-11-22T03:04:05Z\n",
		"action = pause\nTenant = t\n", "[x]\naction = pause\n" };
	char name[100];
	size_t i;

	for (i = 0; i < sizeof t / sizeof *t; i++) {
		why = NULL;
		snprintf(name, sizeof name, "mistake %zu is told", i);
		ok(parse(t[i]) == -1 && why, name);
	}
	is_int(override_parse(&o, "action = pause\ntenant = \0\n", 26, &why),
	    -1, "a zero octet");
}

/* What each action takes. */
static void
actions(void)
{
	static const struct {
		const char *action, *value, *is; /* NULL: not taken */
		uint32_t number;
	} t[] = {
		{ "slow", "0.25", "0.25", 2500 },
		{ "slow", "1", "1", 10000 },
		{ "slow", "1.0", "1.0", 10000 },
		{ "slow", "0.01", "0.01", 100 },
		{ "slow", "0.3333", "0.3333", 3333 },
		{ "slow", "0.33333", NULL, 0 },
		{ "slow", "0.009", NULL, 0 },
		{ "slow", "0", NULL, 0 },
		{ "slow", "1.1", NULL, 0 },
		{ "slow", "2", NULL, 0 },
		{ "slow", "10", NULL, 0 },
		{ "slow", ".5", NULL, 0 },
		{ "slow", "-0.5", NULL, 0 },
		{ "slow", "0,5", NULL, 0 },
		{ "slow", "50%", NULL, 0 },
		{ "connections", "1", "1", 1 },
		{ "connections", "1000000", "1000000", 1000000 },
		{ "connections", "1000001", NULL, 0 },
		{ "connections", "99999999999999999999", NULL, 0 },
		{ "connections", "0", NULL, 0 },
		{ "connections", "01", NULL, 0 },
		{ "connections", "1x", NULL, 0 },
		{ "connections", "", NULL, 0 },
		{ "messages-per-connection", "20", "20", 20 },
		{ "recipients-per-message", "5", "5", 5 },
		{ "skip-host", "MX1.Example.net", "mx1.example.net", 0 },
		{ "skip-host", "192.0.2.1", "192.0.2.1", 0 },
		{ "skip-host", "2001:DB8:0:0::1", "2001:db8::1", 0 },
		{ "skip-host", "[192.0.2.1]", NULL, 0 },
		{ "skip-host", "a b", NULL, 0 },
		{ "skip-host", "a..b", NULL, 0 },
		{ "message-rate", "50/s", "50/s", 0 },
		{ "message-rate", "90/60s", "90/min", 0 },
		{ "message-rate", "none", NULL, 0 },
		{ "message-rate", "0/s", NULL, 0 },
		{ "message-rate", "1/2d", NULL, 0 },
		{ "message-rate", "10000001/s", NULL, 0 },
		{ "message-rate", "5", NULL, 0 },
		{ "reroute", "warm.2_b", "warm.2_b", 0 },
		{ "reroute", "a b", NULL, 0 },
		{ "reroute", "", NULL, 0 },
		{ "pause", "1", NULL, 0 },
	};
	char text[200], name[250];
	size_t i;
	int r;

	for (i = 0; i < sizeof t / sizeof *t; i++) {
		snprintf(text, sizeof text,
		    "value = %s\naction = %s\nprovider = p\n", t[i].value,
		    t[i].action);
		snprintf(name, sizeof name, "%s \"%s\" is %s", t[i].action,
		    t[i].value, t[i].is ? "taken" : "not");
		r = parse(text);
		ok(t[i].is ? r == 0 && strcmp(o.value, t[i].is) == 0 &&
			    o.number == t[i].number
			   : r == -1 && why,
		    name);
	}
	ok(parse("action = slow\nprovider = p\n") == -1 && why, "no value");
	is_int(parse("action = slow\nvalue = 1\nroute =\n"
		     "destination = .example\n"),
	    0, "of destination and route");
	ok(parse("action = slow\nvalue = 1\ntenant = t\n") == -1 && why,
	    "not of a tenant");
	ok(parse("action = slow\nvalue = 1\n") == -1 && why, "of nothing");
	is_int(parse("action = pause\nprovider = p\n"), 0,
	    "a pause of a provider");
	is_int(parse("action = reroute\nvalue = r\nsender = <>\n"), 0,
	    "a reroute of a sender");
	ok(parse("action = reroute\nvalue = r\n"
		 "bundle = 1.M2P3Q4.h\n") == -1 &&
		why,
	    "not of a bundle");
	is_int(parse("action = pause\n"), -1, "a value is forgotten");
}

static void
restream(void)
{
	is_int(parse("action = restream\nvalue = bulk\ncampaign = c\n"
		     "destination = example.com\n"),
	    0, "a restream of a campaign");
	is_int(parse("action = restream\nvalue = a b\ncampaign = c\n"), -1,
	    "not to what cannot be the name of a stream");
	is_int(parse("action = restream\nvalue = a\nprovider = p\n"), -1,
	    "nor of a provider");
	is_int(parse("action = restream\ncampaign = c\n"), -1,
	    "nor without a value");
}

static void
forms(void)
{
	is_int(parse("action = slow\nvalue = 0.5\nprovider = p\n"), 0,
	    "one with a value");
	gives(override_fmt, "action = slow\nvalue = 0.5\nprovider = p\n",
	    "written");
	gives(override_text, "slow 0.5 provider p", "for people");
	strcpy(o.id, "a");
	gives(as_json,
	    "{\"id\":\"a\",\"action\":\"slow\",\"value\":\"0.5\","
	    "\"scope\":{\"provider\":\"p\"}}\n",
	    "as JSON");
}

static void
limits(void)
{
	static char s[OVERRIDE_FILEMAX + 100];
	static const char head[] = "action = pause\ntenant = t\nreason = ";

	memset(s, 'x', sizeof s);
	memcpy(s, head, sizeof head - 1);
	is_int(override_parse(&o, s, sizeof head - 1 + 500, &why), 0,
	    "a reason of 500");
	is_int(
	    override_parse(&o, s, sizeof head - 1 + 501, &why), -1, "of 501");
	memset(s, '\n', sizeof s);
	memcpy(s, head, 26);
	is_int(
	    override_parse(&o, s, OVERRIDE_FILEMAX, &why), 0, "a file of 8192");
	is_int(override_parse(&o, s, OVERRIDE_FILEMAX + 1, &why), -1, "8193");
}

static void
ids(void)
{
	char s[OVERRIDE_IDMAX + 2];

	memset(s, 'a', sizeof s);
	s[OVERRIDE_IDMAX + 1] = '\0';
	is_int(override_idok(s), 0, "an id of 65");
	is_int(override_idok(s + 1), 1, "of 64");
	is_int(override_idok("A.b-c_9"), 1, "all that may be in it");
	is_int(override_idok(""), 0, "none");
	is_int(override_idok(".a"), 0, "hidden");
	is_int(override_idok("a~"), 0, "of an editor");
	is_int(override_idok("../a"), 0, "elsewhere");
}

int
main(void)
{
	good();
	bad();
	actions();
	restream();
	forms();
	limits();
	ids();
	return done_testing();
}
