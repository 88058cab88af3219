#include <string.h>

#include "common/policy.h"
#include "common/policyfmt.h"

int
policy_suppression(const struct policy *p, struct policy_suppression *s_r)
{
	const void *data;
	size_t n;

	if (policy_record(p, "suppression", strlen("suppression"), &data, &n) !=
	    1)
		return -1;
	return policyfmt_unpack_suppression(data, n, s_r);
}
