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
	ok(chars_name("", 0) && chars_ascii("", 0) && chars_clean("", 0),
	    "nothing is good");
	ok(!chars_name("ab\n", 3) && chars_name("ab\n", 2),
	    "up to the length, and not further");
	chars_mask(s);
	is_str(s, "a?b??? ~", "what is no printable ASCII is masked");
	return done_testing();
}
