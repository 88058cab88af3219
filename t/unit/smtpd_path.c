#include <string.h>

#include "cmd/dray-smtpd/path.h"
#include "common/bundle.h"
#include "t/lib/tap.h"

static struct path p;

static const char *
from(const char *s)
{
	const char *wrong = path_parse(&p, PATH_FROM, s, strlen(s));

	return wrong ? wrong : "";
}

static const char *
to(const char *s)
{
	const char *wrong = path_parse(&p, PATH_TO, s, strlen(s));

	return wrong ? wrong : "";
}

static int
address_is(const char *s)
{
	return p.len == strlen(s) && !memcmp(p.addr, s, p.len);
}

static void
addresses(void)
{
	is_str(from("<>"), "", "nobody");
	is_int(p.len, 0, "is empty");
	is_str(from("  <a@b.example>"), "", "blanks in front");
	ok(address_is("a@b.example"), "are left out");
	is_str(from("<@r.example,@s.example:a@b.example>"), "", "a route");
	ok(address_is("a@b.example"), "is left out");
	is_str(to("<\"a>b\\\"\"@b.example> NOTIFY=NEVER"), "", "quotes");
	ok(address_is("\"a>b\\\"\"@b.example"), "hide a bracket");
	is_str(to("<PostMaster>"), "", "postmaster");
	ok(!p.a.domain && p.a.local_len == 10, "has no domain");
	is_str(from("<a@[IPv6:::1]>"), "", "a literal");
	is_str(from("<\xc3\xa4@\xc3\xa4.example>"), "", "UTF-8");
	ok(p.a.utf8 && p.a.idn, "is told");
	ok(*from("") && *from("<") && *from("a@b") && *from("<a@b"), "no path");
	ok(*to("<>") && *to("<a>") && *to("<@r:>") && *to("<@r>"),
	    "no recipient");
	ok(*from("<a@b.example>x"), "something right behind it");
	ok(*from("<a\x80@b.example>") && *from("<a\x01@b.example>"),
	    "bad characters");
}

static void
parameters(void)
{
	is_str(from("<a@b.example> SIZE=12 BODY=8BITMIME RET=full "
		    "ENVID=a+2Bb  SMTPUTF8 "),
	    "", "all that MAIL knows");
	ok(p.size == 12 && p.ret == 'F' && p.utf8 && p.envid_len == 5,
	    "with their values");
	is_str(to("<a@b.example> notify=success,failure,delay "
		  "orcpt=rfc822;a+40b"),
	    "", "all that RCPT knows");
	is_int(
	    p.notify, BUNDLE_SUCCESS | BUNDLE_FAILURE | BUNDLE_DELAY, "wishes");
	ok(p.orcpt_len == 12 && !memcmp(p.orcpt, "rfc822;a+40b", 12),
	    "original recipient");
	is_str(to("<a@b.example> NOTIFY=NEVER"), "", "never");
	is_int(p.notify, BUNDLE_NEVER, "is alone");
	ok(*to("<a@b.example> NOTIFY=NEVER,DELAY") &&
		*to("<a@b.example> NOTIFY=") && *to("<a@b.example> NOTIFY") &&
		*to("<a@b.example> NOTIFY=DELAY,") &&
		*to("<a@b.example> ORCPT=x") && *to("<a@b.example> ORCPT=;x") &&
		*to("<a@b.example> ORCPT=x;+g1") &&
		*to("<a@b.example> ORCPT=x;+4"),
	    "bad values of RCPT");
	ok(*from("<a@b.example> SIZE=x") &&
		*from("<a@b.example> SIZE=1234567890123456789") &&
		*from("<a@b.example> BODY=9BIT") &&
		*from("<a@b.example> RET=x") &&
		*from("<a@b.example> SMTPUTF8=") &&
		*from("<a@b.example> ENVID=a=b"),
	    "bad values of MAIL");
	ok(!*from("<a@b.example> AUTH=<>") &&
		!*from("<a@b.example> AUTH=a+2Bb@b.example") &&
		*from("<a@b.example> AUTH=a=b"),
	    "on whose behalf, which is not kept");
	ok(!strncmp(from("<a@b.example> HOLDFOR=9"), "555", 3) &&
		!strncmp(from("<a@b.example> NOTIFY=NEVER"), "555", 3) &&
		!strncmp(to("<a@b.example> SIZE=1"), "555", 3),
	    "unknown ones");
	ok(!strncmp(from("<a@b.example> SIZE=1 size=2"), "501", 3), "twice");
}

int
main(void)
{
	addresses();
	parameters();
	return done_testing();
}
