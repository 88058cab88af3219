#include <errno.h>

#include <skalibs/strerr.h>

#include "common/base.h"
#include "common/policy.h"

void
policy_start(struct policy *p, const char *base)
{
	char path[BASE_PATHMAX];

	base_path(path, base, "policy/policy.cdb");
	if (policy_open(p, path) == -1)
		strerr_dief(100, "unable to read policy ", path, ": ",
		    policy_why(errno));
}

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
