#include <string.h>

#include "common/policy_match.h"
#include "common/policyfmt.h"
#include "common/signproto.h"

/* What the [dkim] of this domain says: 1, 0 there is none, -1 EPROTO. */
static int
find(const struct policy *p, const char *domain, struct policy_dkim *k_r)
{
	const void *data;
	size_t n;
	int r = policy_find(p, "dk", domain, &data, &n);

	if (r != 1)
		return r;
	return policyfmt_unpack_dkim(data, n, k_r) == 0 ? 1 : -1;
}

/* That of a domain, or of the next above it; domain_r is where it stands. */
static int
find_above(const struct policy *p, const char *domain, struct policy_dkim *k_r,
    const char **domain_r)
{
	const char *s = domain;
	int r = 0;

	while (s && r == 0) {
		*domain_r = s;
		r = find(p, s, k_r);
		s = strchr(s, '.');
		s = s ? s + 1 : NULL;
	}
	if (r == 1 && *domain_r != domain && !k_r->subdomains)
		return 0;
	return r;
}

static unsigned int
add(struct policy_signer *s, uint8_t alg, const char *domain,
    const char *selector)
{
	if (!*selector)
		return 0;
	memset(s, 0, sizeof *s);
	s->alg = alg;
	memcpy(s->domain, domain, strlen(domain) + 1);
	memcpy(s->selector, selector, strlen(selector) + 1);
	return 1;
}

/* Whether mail From there is this domain's own, for DomainKeys: of any other it
 * would count for nothing (RFC 4870 3.3, d=). */
static int
owns(const char *domain, const char *from_domain)
{
	size_t n = strlen(domain), from = strlen(from_domain);

	return from >= n && !strcmp(from_domain + from - n, domain) &&
	    (from == n || from_domain[from - n - 1] == '.');
}

static unsigned int
add_all(struct policy_signer *s, const char *domain,
    const struct policy_dkim *k, const char *from_domain)
{
	unsigned int n = add(s, SIGN_RSA, domain, k->rsa);

	n += add(s + n, SIGN_ED25519, domain, k->ed25519);
	if (k->domainkeys && owns(domain, from_domain))
		n += add(s + n, SIGN_RSA_SHA1, domain, k->rsa);
	return n;
}

int
policy_keys(const struct policy *p)
{
	struct policyfmt_cursor c = { NULL, 0, 0 };
	const void *data;

	if (policy_record(p, "dkims", strlen("dkims"), &data, &c.n) != 1)
		return 0;
	c.p = data;
	return policyfmt_get_number(&c, 8) != 0 && !c.bad;
}

int
policy_signers(const struct policy *p, const char *from_domain,
    struct policy_signer s_r[POLICY_SIGNERS])
{
	const char *domain = "";
	struct policy_signing how;
	struct policy_dkim k;
	unsigned int n = 0;
	int r;

	if (strlen(from_domain) > POLICY_NAMEMAX)
		from_domain = "";
	r = find_above(p, from_domain, &k, &domain);
	if (r == 1)
		n = add_all(s_r, domain, &k, from_domain);
	if (r == -1 || policy_signing(p, &how) == -1)
		return -1;
	if (!*how.also || (r == 1 && !strcmp(how.also, domain)) ||
	    (r == 0 && how.without_key != POLICY_SIGN_ALSO))
		return (int)n;
	r = find(p, how.also, &k);
	if (r != -1)
		n += r == 1 ? add_all(s_r + n, how.also, &k, from_domain) : 0;
	return r == -1 ? -1 : (int)n;
}

int
policy_signing(const struct policy *p, struct policy_signing *s_r)
{
	const void *data;
	size_t n;

	if (policy_record(p, "signing", strlen("signing"), &data, &n) != 1)
		return -1;
	return policyfmt_unpack_signing(data, n, s_r);
}
