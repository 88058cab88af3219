/* NOTIFY, as clients say it. */
#include <string.h>

#include "common/bundle.h"
#include "common/notify.h"
#include "t/lib/tap.h"

static uint8_t
bits(const char *s)
{
	return notify_parse(s, strlen(s));
}

int
main(void)
{
	is_int(bits("NEVER"), BUNDLE_NEVER, "never");
	is_int(bits("success"), BUNDLE_SUCCESS, "in lower case");
	is_int(bits("Failure,DELAY"), BUNDLE_FAILURE | BUNDLE_DELAY, "two");
	is_int(bits("DELAY,SUCCESS,FAILURE,DELAY"),
	    BUNDLE_SUCCESS | BUNDLE_FAILURE | BUNDLE_DELAY,
	    "in any order, and twice");
	is_int(
	    bits("NEVER,DELAY") + bits("DELAY,NEVER"), 0, "never with others");
	is_int(bits("") + bits(",") + bits("DELAY,") + bits(",DELAY"), 0,
	    "an empty word");
	is_int(
	    bits("DELAYS") + bits("DELA") + bits("DELAY "), 0, "another word");
	is_int(notify_parse("DELAY,NEVER", 5), BUNDLE_DELAY,
	    "up to the length, and not further");
	return done_testing();
}
