#include <string.h>

#include "cmd/dray-policy/explainfrom.h"
#include "cmd/dray-policy/sender.h"
#include "common/signproto.h"

#define SECTIONMAX (POLICY_NAMEMAX + 64)

/* The column behind a fact's value, with its tab, or "". */
static void
put_place(const struct view *v, const char *section, const char *key, FILE *out)
{
	size_t n = 0;
	const char *fact = view_fact(v, section, key, &n);
	const char *tab = fact ? memrchr(fact, '\t', n) : NULL;

	fprintf(out, "%.*s\n", tab ? (int)(fact + n - tab) : 0, tab ? tab : "");
}

static int
put_sender(const struct view *v, const char *domain, FILE *out)
{
	char section[SECTIONMAX];
	struct policy_sender s;
	const char *fact;
	size_t n;
	int i, r = policy_sender(&v->policy, domain, strlen(domain), &s);

	if (r != 1) {
		fputs("sender\tnone\tdefault\n", out);
		return r;
	}
	snprintf(section, sizeof section, "sender/%s", s.name);
	fprintf(out, "sender\t%s", s.name);
	put_place(v, section, NULL, out);
	for (i = 0; i < CONF_SENDER_N; i++) {
		fact = view_fact(v, section, sender_key(i), &n);
		if (fact)
			fprintf(out, "sender-%s\t%.*s\n", sender_key(i), (int)n,
			    fact);
	}
	return 0;
}

static void
put_signer(const struct view *v, const struct policy_signer *s,
    const struct policy_signing *how, FILE *out)
{
	static const char *const names[] = {
		[SIGN_RSA] = "rsa-sha256",
		[SIGN_ED25519] = "ed25519-sha256",
		[SIGN_RSA_SHA1] = "domainkeys",
	};
	static const char *const keys[] = {
		[SIGN_RSA] = "rsa",
		[SIGN_ED25519] = "ed25519",
		[SIGN_RSA_SHA1] = "domainkeys",
	};
	char section[SECTIONMAX];
	int also = !strcmp(s->domain, how->also);

	snprintf(section, sizeof section, "dkim/%s", s->domain);
	fprintf(out, "signature\t%s, %s, selector %s%s", s->domain,
	    names[s->alg], s->selector, also ? ", which signs all mail" : "");
	if (also)
		put_place(v, "", "signing/also", out);
	else
		put_place(v, section, keys[s->alg], out);
}

static int
put_signers(const struct view *v, const char *domain, FILE *out)
{
	static const char *const nobody[] = {
		[POLICY_SIGN_NOT] = "none",
		[POLICY_SIGN_ALSO] = "none",
		[POLICY_SIGN_REFUSE] = "none, and it is refused",
	};
	struct policy_signer s[POLICY_SIGNERS];
	struct policy_signing how;
	int i, n = policy_signers(&v->policy, domain, s);

	if (n == -1 || policy_signing(&v->policy, &how) == -1)
		return -1;
	for (i = 0; i < n; i++)
		put_signer(v, &s[i], &how, out);
	if (!n) {
		fprintf(out, "signature\t%s", nobody[how.without_key]);
		put_place(v, "", "signing/without-key", out);
	}
	return 0;
}

int
explainfrom(const struct view *v, const char *domain, FILE *out)
{
	if (put_sender(v, domain, out) == -1)
		return -1;
	return put_signers(v, domain, out);
}
