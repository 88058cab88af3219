#include <string.h>

#include "common/ruleword.h"

/* clang-format off */
static const char *const classes[RULE_CLASSES] = {
	"unknown", "delivered", "bad-mailbox", "bad-domain", "mailbox-full",
	"mailbox-disabled", "recipient-refused", "sender-rejected",
	"auth-failed", "no-ptr", "tls-required", "relay-denied",
	"ip-blocklist", "domain-blocklist", "reputation", "rate-limited",
	"greylist", "spam-block", "virus", "content-rejected", "too-large",
	"policy", "network", "dns", "loop", "expired", "protocol", "system",
};

static const char *const blames[RULE_BLAMES] = {
	"none", "recipient", "message", "sender-domain", "source",
	"source-at-site", "site",
};

static const char *const dispositions[RULE_DISPOSITIONS] = {
	"default", "retry", "fail", "ignore",
};

static const char *const phases[RULE_PHASES] = {
	"connect", "helo", "starttls", "mail", "rcpt", "data", "dot",
};

static const char *const actions[RULE_ACTIONS] = {
	"none", "slow", "connections", "messages", "hold", "hold-stream",
	"skip-host", "reroute", "note",
};

/*
 * What follows from a class alone.  What is the recipient's for good fails
 * whatever the code; what time or a slower pace can mend is tried again
 * whatever the code; in between the code decides.
 */
static const struct {
	uint8_t blame;
	uint8_t disposition;
} follows[RULE_CLASSES] = {
	[RULE_BAD_MAILBOX] = { RULE_BLAME_RECIPIENT, RULE_FAIL },
	[RULE_BAD_DOMAIN] = { RULE_BLAME_RECIPIENT, RULE_DEFAULT },
	[RULE_MAILBOX_FULL] = { RULE_BLAME_RECIPIENT, RULE_DEFAULT },
	[RULE_MAILBOX_DISABLED] = { RULE_BLAME_RECIPIENT, RULE_DEFAULT },
	[RULE_RECIPIENT_REFUSED] = { RULE_BLAME_RECIPIENT, RULE_DEFAULT },
	[RULE_SENDER_REJECTED] = { RULE_BLAME_SENDER_DOMAIN, RULE_DEFAULT },
	[RULE_AUTH_FAILED] = { RULE_BLAME_SENDER_DOMAIN, RULE_DEFAULT },
	[RULE_NO_PTR] = { RULE_BLAME_SOURCE, RULE_DEFAULT },
	[RULE_TLS_REQUIRED] = { RULE_BLAME_SITE, RULE_DEFAULT },
	[RULE_RELAY_DENIED] = { RULE_BLAME_SITE, RULE_DEFAULT },
	[RULE_IP_BLOCKLIST] = { RULE_BLAME_SOURCE_AT_SITE, RULE_DEFAULT },
	[RULE_DOMAIN_BLOCKLIST] = { RULE_BLAME_SENDER_DOMAIN, RULE_DEFAULT },
	[RULE_REPUTATION] = { RULE_BLAME_SOURCE_AT_SITE, RULE_RETRY },
	[RULE_RATE_LIMITED] = { RULE_BLAME_SOURCE_AT_SITE, RULE_RETRY },
	[RULE_GREYLIST] = { RULE_BLAME_NONE, RULE_RETRY },
	[RULE_SPAM_BLOCK] = { RULE_BLAME_MESSAGE, RULE_FAIL },
	[RULE_VIRUS] = { RULE_BLAME_MESSAGE, RULE_FAIL },
	[RULE_CONTENT_REJECTED] = { RULE_BLAME_MESSAGE, RULE_FAIL },
	[RULE_TOO_LARGE] = { RULE_BLAME_MESSAGE, RULE_FAIL },
	[RULE_POLICY] = { RULE_BLAME_MESSAGE, RULE_DEFAULT },
	[RULE_NETWORK] = { RULE_BLAME_SITE, RULE_RETRY },
	[RULE_DNS] = { RULE_BLAME_SITE, RULE_RETRY },
	[RULE_LOOP] = { RULE_BLAME_SITE, RULE_DEFAULT },
	[RULE_EXPIRED] = { RULE_BLAME_SITE, RULE_DEFAULT },
	[RULE_PROTOCOL] = { RULE_BLAME_SITE, RULE_DEFAULT },
	[RULE_SYSTEM] = { RULE_BLAME_SITE, RULE_RETRY },
};
/* clang-format on */

const struct ruleword_list ruleword_classes = { classes, RULE_CLASSES };
const struct ruleword_list ruleword_blames = { blames, RULE_BLAMES };
const struct ruleword_list ruleword_dispositions = { dispositions,
	RULE_DISPOSITIONS };
const struct ruleword_list ruleword_phases = { phases, RULE_PHASES };
const struct ruleword_list ruleword_actions = { actions, RULE_ACTIONS };

int
ruleword_find(const struct ruleword_list *l, const char *s, size_t len)
{
	int i;

	for (i = 0; i < l->n; i++)
		if (strlen(l->word[i]) == len && !memcmp(l->word[i], s, len))
			return i;
	return -1;
}

const char *
ruleword_name(const struct ruleword_list *l, unsigned int i)
{
	return i < (unsigned int)l->n ? l->word[i] : "unknown";
}

uint8_t
ruleword_blame(uint8_t class)
{
	return class < RULE_CLASSES ? follows[class].blame : RULE_BLAME_NONE;
}

uint8_t
ruleword_disposition(uint8_t class)
{
	return class < RULE_CLASSES ? follows[class].disposition : RULE_DEFAULT;
}

uint8_t
ruleword_phase(char letter)
{
	static const char letters[] = "cgetmrid";
	static const uint8_t bit[] = { 1, 1, 2, 4, 8, 16, 32, 64 };
	const char *p = letter ? strchr(letters, letter) : NULL;

	return p ? bit[p - letters] : 0;
}
