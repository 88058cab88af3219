#include <errno.h>
#include <string.h>

#include <skalibs/strerr.h>

#include "cmd/dray-send/judge.h"
#include "cmd/dray-send/send.h"
#include "common/ruleset.h"

/* Those of the last policy whose rules could be used. */
static struct rules *replies;

void
judge_policy(void)
{
	const void *record = NULL;
	size_t n = 0;
	struct rules *new = NULL;

	if (policy_record(&self.policy, RULESET_KEY, strlen(RULESET_KEY),
		&record, &n) == 1)
		new = ruleset_load(record, n);
	if (!new) {
		strerr_warnw("the reply rules cannot be used, the old ones "
			     "stay: ",
		    policy_why(errno));
		return;
	}
	ruleset_free(replies);
	replies = new;
}

void
judge_reply(
    const struct reply *r, const struct lane *l, struct rules_verdict *v_r)
{
	const char *name = site_provider(l ? l->site : NULL);
	struct rules_input in = { .provider = name,
		.provider_len = strlen(name),
		.phase = ruleword_phase((char)r->phase),
		.code = r->code,
		.status = r->status.s,
		.status_len = r->status.len,
		.text = r->text.s,
		.len = r->text.len };

	rules_classify(replies, &in, v_r);
	/* We have something to say because they said nothing. */
	if (!r->code && v_r->class == RULE_UNKNOWN) {
		v_r->class = RULE_NETWORK;
		v_r->blame = RULE_BLAME_SITE;
	}
}
