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
good(void)
{
	stralloc sa = STRALLOC_ZERO;

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
	override_fmt(&sa, &o);
	ok(stralloc_0(&sa), "memory");
	is_str(sa.s,
	    "action = pause\ntenant = t\nsender = <>\n"
	    "expires = 2026-11-22T03:04:05Z\nreason = two  words\n",
	    "written again");
	sa.len = 0;
	strcpy(o.id, "a-1");
	json_open(&sa);
	override_json(&sa, &o);
	json_line(&sa);
	ok(stralloc_0(&sa), "memory");
	is_str(sa.s,
	    "{\"id\":\"a-1\",\"action\":\"pause\",\"scope\":{\"tenant\":\"t\","
	    "\"sender\":\"\"},\"expires\":1795316645,"
	    "\"reason\":\"two  words\"}\n",
	    "as JSON");
	stralloc_free(&sa);
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
	limits();
	ids();
	return done_testing();
}
