#include <string.h>

#include "common/policyfmt.h"

void
policyfmt_pack_dnsbl(struct policyfmt_buf *d, const struct policy_dnsbl *s)
{
	unsigned int i;

	policyfmt_put_string(d, s->zone);
	policyfmt_put_number(d, s->kind, 1);
	policyfmt_put_number(d, s->hold, 8);
	policyfmt_put_number(d, s->n, 1);
	for (i = 0; i < s->n; i++) {
		policyfmt_put_number(d, s->code[i].from, 8);
		policyfmt_put_number(d, s->code[i].to, 8);
	}
}

int
policyfmt_unpack_dnsbl(const void *p, size_t n, struct policy_dnsbl *s_r)
{
	struct policyfmt_cursor c = { p, n, 0 };
	unsigned int i;

	memset(s_r, 0, sizeof *s_r);
	policyfmt_get_string(&c, s_r->zone, sizeof s_r->zone);
	s_r->kind = (uint8_t)policyfmt_get_range(
	    &c, 1, POLICY_DNSBL_ADDRESS, POLICY_DNSBL_DOMAIN);
	s_r->hold = (uint32_t)policyfmt_get_range(&c, 8, 0, UINT32_MAX);
	s_r->n = (unsigned int)policyfmt_get_range(&c, 1, 0, POLICY_DNSBLCODES);
	for (i = 0; i < s_r->n; i++) {
		s_r->code[i].from =
		    (uint32_t)policyfmt_get_range(&c, 8, 0, UINT32_MAX);
		s_r->code[i].to =
		    (uint32_t)policyfmt_get_range(&c, 8, 0, UINT32_MAX);
	}
	return policyfmt_get_end(&c);
}
