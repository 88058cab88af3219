#include <errno.h>

#include <skalibs/strerr.h>

#include "common/policy.h"

int
policy_renew(struct policy *p)
{
	int r = policy_refresh(p);

	if (r == -1)
		strerr_warnw("the new policy cannot be read, the old one "
			     "stays: ",
		    policy_why(errno));
	return r == 1;
}
