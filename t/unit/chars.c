#include <string.h>

#include "common/chars.h"
#include "t/lib/tap.h"

/* The octets that a predicate accepts, alone and within others, lowest to
 * highest as ranges: "a-b c-d". */
static const char *
accepted(int (*fn)(const char *, size_t))
{
	static char text[256];
	char s[3] = "a a";
	int c, from = -1;

	text[0] = '\0';
	for (c = 0; c <= 256; c++) {
		s[1] = (char)c;
		if (c < 256 && fn(s, 3) != fn(s + 1, 1))
			return "it depends on the place";
		if (c < 256 && fn(s, 3)) {
			from = from == -1 ? c : from;
		} else if (from != -1) {
			snprintf(text + strlen(text),
			    sizeof text - strlen(text), "%s%d-%d",
			    *text ? " " : "", from, c - 1);
			from = -1;
		}
	}
	return text;
}

int
main(void)
{
	char s[] = "a\tb\x7f\xc3\xbc ~";

	is_str(accepted(chars_name), "45-46 48-57 65-90 95-95 97-122",
	    "letters, digits and three more make names");
	is_str(accepted(chars_ascii), "32-126", "printable ASCII");
	is_str(accepted(chars_clean), "32-126 128-255", "all but controls");
	is_str(accepted(chars_xtext), "33-42 44-60 62-126",
	    "xtext without escapes");
	ok(chars_xtext("+2B", 3) && chars_xtext("a+3Db+20", 8),
	    "and with them");
	ok(!chars_xtext("a+2", 3) && !chars_xtext("+2Bx", 2) &&
		!chars_xtext("+2b", 3) && !chars_xtext("+\0\0", 3),
	    "which are two digits");
	ok(chars_name("", 0) && chars_ascii("", 0) && chars_clean("", 0) &&
		chars_xtext("", 0),
	    "nothing is good");
	ok(!chars_name("ab\n", 3) && chars_name("ab\n", 2),
	    "up to the length, and not further");
	chars_mask(s);
	is_str(s, "a?b??? ~", "what is no printable ASCII is masked");
	return done_testing();
}
