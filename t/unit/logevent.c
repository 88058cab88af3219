/* Event lines as a program that follows the log reads them. */
#include <string.h>

#include "common/logevent.h"
#include "t/lib/tap.h"

static struct logevent e;

static int
read_line(const char *s)
{
	return logevent_read(&e, s, strlen(s));
}

static void
good(void)
{
	is_int(read_line("{\"type\":\"Bounce\",\"policy\":3,\"size\":12,"
			 "\"more\":{\"type\":\"no\",\"a\":[1,{\"b\":\"]\"}]},"
			 "\"campaign\":\"n\\u00f6\\\"x\\\\\","
			 "\"response\":{\"code\":550,\"enhanced_code\":"
			 "{\"class\":5,\"subject\":1,\"detail\":1},"
			 "\"content\":\"no \\ud83d\\ude00 user\","
			 "\"command\":\"RCPT\"},\"class\":\"bad-mailbox\","
			 "\"tls_verified\":false}\n"),
	    0, "a line");
	is_str(e.s[LOGEVENT_TYPE], "Bounce", "its type, not that of another");
	is_str(e.s[LOGEVENT_CAMPAIGN], "n\xc3\xb6\"x\\", "text as it was");
	is_str(e.s[LOGEVENT_CODE], "550", "the code");
	is_str(e.s[LOGEVENT_CONTENT], "no \xf0\x9f\x98\x80 user", "the reply");
	is_str(e.s[LOGEVENT_COMMAND], "RCPT", "the command");
	is_str(e.s[LOGEVENT_CLASS], "bad-mailbox", "the class, not the code's");
	is_str(e.s[LOGEVENT_TENANT], "", "what is not there is empty");
	ok(logevent_is(&e, LOGEVENT_TYPE, "Bounce") &&
		!logevent_is(&e, LOGEVENT_TYPE, "Bounc"),
	    "compared as a whole");
	is_int(read_line("{\"class\":{\"a\":1},\"command\":\"x\"}"), 0,
	    "another shape");
	is_str(e.s[LOGEVENT_CLASS], "", "an object is no text");
	is_str(e.s[LOGEVENT_COMMAND], "", "not outside of the response");
	is_int(read_line("{}"), 0, "nothing in it");
}

static void
bad(void)
{
	static const char *const t[] = { "", "{", "[]", "{\"a\"}", "{\"a\":}",
		"{\"a\":1,}", "{\"a\":1", "{\"a\":\"}", "{\"a\":\"\\q\"}",
		"{\"a\":\"\\u12\"}", "{\"a\":\"\\ud83d\\u0020\"}", "{a:1}",
		"{\"a\":1}x", "{\"a\":]}", "{\"a\":[}", "{\"a\":,}",
		"{\"a\":[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]}" };
	size_t i;

	for (i = 0; i < sizeof t / sizeof *t; i++)
		is_int(read_line(t[i]), -1, t[i]);
}

static void
types(void)
{
	static const char line[] = "{\"type\":\"Delivery\",\"a\":1}";
	static const char *const some[] = { "Session", "Bounce", "Delivery",
		NULL };
	static const char *const others[] = { "Deliver", "Bounce", NULL };

	ok(logevent_any(line, strlen(line), some), "of its type");
	ok(!logevent_any(line, strlen(line), others), "not of another");
	ok(!logevent_any(line, 12, some), "cut short");
	ok(!logevent_any(line, strlen(line), some + 3), "of none");
}

static int
complains(const char *line)
{
	return read_line(line) == 0 && logevent_complains(&e);
}

static void
complaints(void)
{
	ok(complains("{\"type\":\"Feedback\",\"feedback_type\":\"abuse\"}"),
	    "a complaint");
	ok(complains("{\"type\":\"Feedback\"}"), "one without a word");
	ok(!complains("{\"type\":\"Feedback\",\"feedback_type\":\"not-spam\"}"),
	    "the contrary");
	ok(!complains("{\"type\":\"Feedback\","
		      "\"feedback_type\":\"auth-failure\"}"),
	    "a report about a signature");
	ok(!complains("{\"type\":\"OOB\",\"feedback_type\":\"abuse\"}"),
	    "a bounce");
}

int
main(void)
{
	good();
	bad();
	types();
	complaints();
	return done_testing();
}
