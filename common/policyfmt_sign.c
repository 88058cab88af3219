#include <string.h>

#include "common/policyfmt.h"

void
policyfmt_pack_dkim(struct policyfmt_buf *d, const struct policy_dkim *s)
{
	policyfmt_put_group(d, &policykey_dkim, s);
	policyfmt_put_string(d, s->rsa);
	policyfmt_put_string(d, s->ed25519);
}

int
policyfmt_unpack_dkim(const void *p, size_t n, struct policy_dkim *s_r)
{
	struct policyfmt_cursor c = { p, n, 0 };

	memset(s_r, 0, sizeof *s_r);
	policyfmt_get_group(&c, &policykey_dkim, s_r);
	policyfmt_get_string(&c, s_r->rsa, sizeof s_r->rsa);
	policyfmt_get_string(&c, s_r->ed25519, sizeof s_r->ed25519);
	return policyfmt_get_end(&c);
}

void
policyfmt_pack_suppression(
    struct policyfmt_buf *d, const struct policy_suppression *s)
{
	policyfmt_put_group(d, &policykey_suppression, s);
}

int
policyfmt_unpack_suppression(
    const void *p, size_t n, struct policy_suppression *s_r)
{
	struct policyfmt_cursor c = { p, n, 0 };

	memset(s_r, 0, sizeof *s_r);
	policyfmt_get_group(&c, &policykey_suppression, s_r);
	return policyfmt_get_end(&c);
}

void
policyfmt_pack_signing(struct policyfmt_buf *d, const struct policy_signing *s)
{
	policyfmt_put_group(d, &policykey_signing, s);
	policyfmt_put_string(d, s->also);
}

int
policyfmt_unpack_signing(const void *p, size_t n, struct policy_signing *s_r)
{
	struct policyfmt_cursor c = { p, n, 0 };

	memset(s_r, 0, sizeof *s_r);
	policyfmt_get_group(&c, &policykey_signing, s_r);
	policyfmt_get_string(&c, s_r->also, sizeof s_r->also);
	return policyfmt_get_end(&c);
}
