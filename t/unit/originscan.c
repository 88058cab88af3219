/* Whose mail a message is, and where its header ends. */
#include <string.h>

#include "common/originscan.h"
#include "t/lib/tap.h"

static void
is_from(
    const char *message, const char *want, uint32_t header, const char *name)
{
	char d[ADDR_DOMAINMAX + 1];
	struct originscan k;
	size_t n = strlen(message), i;

	originscan_start(&k);
	for (i = 0; i < n; i++)
		(void)originscan_feed(&k, message + i, 1);
	n = originscan_from(&k, d);
	d[n] = '\0';
	is_str(d, want, name);
	is_int(k.header, header, "  its header");
}

int
main(void)
{
	is_from("From: a@x.example\r\n\r\nFrom: b@y.example\r\n", "x.example",
	    21, "a field");
	is_from("fRom \t: \"a, b\" (c@d) <a@X.Example>, e@f\r\n\r\n",
	    "x.example", 43, "the first of two");
	is_from("To: q\r\nFrom:\r\n A\r\n\t<a@x.example>\r\nSubject: x\r\n",
	    "x.example", 46, "folded, without an end");
	is_from("Subject: From:\r\n From: a@b.example\r\n\r\n", "", 38,
	    "in another field");
	is_from("From: a@x.example\r\nFrom: b@y.example\r\n\r\n", "x.example",
	    40, "the first field");
	is_from("Fromm: a@x.example\r\nFro: b@y.example\r\n\r\n", "", 40,
	    "other names");
	is_from("From: a@b\xc3\xbc"
		"cher.example\r\n\r\n",
	    "xn--bcher-kva.example", 27, "another script");
	is_from("From: a\r\n\r\n", "", 11, "no domain");
	is_from("From: a@[192.0.2.1]\r\n\r\n", "", 23, "an address literal");
	is_from("From: undisclosed:;\r\n\r\n", "", 23, "an empty group");
	is_from("\r\nFrom: a@x.example\r\n", "", 2, "no header");
	return done_testing();
}
