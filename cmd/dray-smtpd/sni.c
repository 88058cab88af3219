#include <string.h>
#include <strings.h>

#include <openssl/x509v3.h>

#include "cmd/dray-smtpd/sni.h"
#include "common/mem.h"

static void
add(stralloc *names, const ASN1_STRING *s)
{
	const char *p = (const char *)ASN1_STRING_get0_data(s);
	size_t i, n = (size_t)ASN1_STRING_length(s);
	char c;

	if (!n || n > 255 || memchr(p, '\0', n))
		return;
	for (i = 0; i < n; i++) {
		c = p[i] >= 'A' && p[i] <= 'Z' ? (char)(p[i] + 32) : p[i];
		mem_check(stralloc_append(names, c));
	}
	mem_check(stralloc_append(names, '\0'));
}

void
sni_names(stralloc *names, const X509 *x)
{
	GENERAL_NAMES *all =
	    X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
	const GENERAL_NAME *one;
	int i;

	for (i = 0; i < sk_GENERAL_NAME_num(all); i++) {
		one = sk_GENERAL_NAME_value(all, i);
		if (one->type == GEN_DNS)
			add(names, one->d.dNSName);
	}
	GENERAL_NAMES_free(all);
}

int
sni_match(const stralloc *names, const char *host)
{
	const char *dot = strchr(host, '.'), *p;
	size_t at;
	int best = 0;

	for (at = 0; at < names->len; at += strlen(p) + 1) {
		p = names->s + at;
		if (!strcasecmp(p, host))
			return 2;
		if (dot && dot > host && p[0] == '*' && p[1] == '.' &&
		    !strcasecmp(p + 1, dot))
			best = 1;
	}
	return best;
}
