#include <string.h>

#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include "cmd/dray-smtpd/sni.h"
#include "t/lib/tap.h"

static stralloc names;

/* The names of a certificate with these alternative names. */
static void
take(const char *alternatives)
{
	X509 *x = X509_new();
	X509_EXTENSION *e =
	    X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, alternatives);

	names.len = 0;
	if (e)
		X509_add_ext(x, e, -1);
	sni_names(&names, x);
	X509_EXTENSION_free(e);
	X509_free(x);
}

static void
test_names(void)
{
	take("DNS:Mail.Example,IP:192.0.2.1,email:a@b.example,DNS:*.b.example");
	ok(names.len == 25 &&
		!memcmp(names.s, "mail.example\0*.b.example\0", 25),
	    "names of hosts, in lower case");
	is_int(sni_match(&names, "mail.example"), 2, "a name");
	is_int(sni_match(&names, "MAIL.example"), 2, "in capitals");
	is_int(sni_match(&names, "mail.example."), 0, "not with a dot");
	is_int(sni_match(&names, "ail.example"), 0, "not a part of it");
	is_int(sni_match(&names, "a.b.example"), 1, "a wildcard");
	is_int(sni_match(&names, "A.B.EXAMPLE"), 1, "in capitals");
	is_int(sni_match(&names, "b.example"), 0, "not what is above it");
	is_int(sni_match(&names, ".b.example"), 0, "not an empty label");
	is_int(sni_match(&names, "x.a.b.example"), 0, "not two labels");
	is_int(sni_match(&names, "192.0.2.1"), 0, "no address");
	is_int(sni_match(&names, ""), 0, "nothing");
	is_int(sni_match(&names, "."), 0, "a dot");
}

static void
test_strange(void)
{
	char *s;

	take("DNS:*.example,DNS:a.example");
	is_int(sni_match(&names, "a.example"), 2, "the name is the better one");
	is_int(sni_match(&names, "*.example"), 2, "a wildcard is a name");
	take("DNS:*a.example,DNS:b*.example,DNS:*");
	is_int(sni_match(&names, "xa.example"), 0, "no part of a label");
	is_int(sni_match(&names, "bx.example"), 0, "at neither end");
	is_int(sni_match(&names, "example"), 0, "a star alone is no host");
	take("email:a@b.example");
	ok(names.len == 0, "no names");
	is_int(sni_match(&names, "a.example"), 0, "and no match");
	s = strdup("DNS:a.example");
	take(s);
	free(s);
	is_int(sni_match(&names, "a.example"), 2, "the names are our own");
}

int
main(void)
{
	test_names();
	test_strange();
	stralloc_free(&names);
	return done_testing();
}
