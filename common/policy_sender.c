#include <string.h>

#include "common/policy_match.h"
#include "common/policyfmt.h"

int
policy_senders(const struct policy *p)
{
	struct policyfmt_cursor c = { NULL, 0, 0 };
	const void *data;

	if (policy_record(p, "senders", strlen("senders"), &data, &c.n) != 1)
		return 0;
	c.p = data;
	return policyfmt_get_number(&c, 8) != 0 && !c.bad;
}

int
policy_sender(const struct policy *p, const char *from_domain, size_t len,
    struct policy_sender *s_r)
{
	struct policy_match m;
	int r = policy_match(p, "sd", from_domain, len, 1, &m);

	if (r != 1)
		return r;
	if (policyfmt_unpack_sender(m.data, m.n, s_r) == -1)
		return -1;
	memcpy(s_r->name, m.pattern, sizeof s_r->name);
	return 1;
}
