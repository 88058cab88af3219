/*
 * ruleword - the vocabulary of reply rules: what a refusal can mean, whose
 * fault it is, what becomes of the recipient, in which phase it came, and what
 * else a rule may ask for.  dray-rules(5) says what each word means.
 *
 *   ruleword_classes, _blames, _dispositions, _phases, _actions
 *                             lists of words; a word's number is its index
 *   ruleword_find(l, s, len)  the number of the word s of len octets, or -1
 *   ruleword_name(l, i)       the word; "unknown" where there is none
 *   ruleword_blame(class)     whom a class blames, and
 *   ruleword_disposition(class)
 *                             what becomes of it, where the rule does not say
 *   ruleword_phase(letter)    the bit of a phase of remoteproto.h, 0 for one
 *                             in which no command is refused
 */
#ifndef DRAY_RULEWORD_H
#define DRAY_RULEWORD_H

#include <stddef.h>
#include <stdint.h>

enum ruleword_class {
	RULE_UNKNOWN,
	RULE_DELIVERED,
	RULE_BAD_MAILBOX,
	RULE_BAD_DOMAIN,
	RULE_MAILBOX_FULL,
	RULE_MAILBOX_DISABLED,
	RULE_RECIPIENT_REFUSED,
	RULE_SENDER_REJECTED,
	RULE_AUTH_FAILED,
	RULE_NO_PTR,
	RULE_TLS_REQUIRED,
	RULE_RELAY_DENIED,
	RULE_IP_BLOCKLIST,
	RULE_DOMAIN_BLOCKLIST,
	RULE_REPUTATION,
	RULE_RATE_LIMITED,
	RULE_GREYLIST,
	RULE_SPAM_BLOCK,
	RULE_VIRUS,
	RULE_CONTENT_REJECTED,
	RULE_TOO_LARGE,
	RULE_POLICY,
	RULE_NETWORK,
	RULE_DNS,
	RULE_LOOP,
	RULE_EXPIRED,
	RULE_PROTOCOL,
	RULE_SYSTEM,
	RULE_CLASSES
};

enum ruleword_blame {
	RULE_BLAME_NONE,
	RULE_BLAME_RECIPIENT,
	RULE_BLAME_MESSAGE,
	RULE_BLAME_SENDER_DOMAIN,
	RULE_BLAME_SOURCE,
	RULE_BLAME_SOURCE_AT_SITE,
	RULE_BLAME_SITE,
	RULE_BLAMES
};

enum ruleword_disposition {
	RULE_DEFAULT, /* as the reply code says */
	RULE_RETRY,
	RULE_FAIL,
	RULE_IGNORE, /* as the code says, and nothing is to be learnt of it */
	RULE_DISPOSITIONS
};

enum ruleword_action {
	RULE_ACT_NONE,
	RULE_ACT_SLOW, /* to so many percent of the rate */
	RULE_ACT_CONNECTIONS,
	RULE_ACT_MESSAGES,
	RULE_ACT_HOLD,
	RULE_ACT_HOLD_STREAM,
	RULE_ACT_SKIP_HOST,
	RULE_ACT_REROUTE,
	RULE_ACT_NOTE,
	RULE_ACTIONS
};

#define RULE_PHASES 7

struct ruleword_list {
	const char *const *word;
	int n;
};

extern const struct ruleword_list ruleword_classes;
extern const struct ruleword_list ruleword_blames;
extern const struct ruleword_list ruleword_dispositions;
extern const struct ruleword_list ruleword_phases;
extern const struct ruleword_list ruleword_actions;

int ruleword_find(const struct ruleword_list *l, const char *s, size_t len);
const char *ruleword_name(const struct ruleword_list *l, unsigned int i);
uint8_t ruleword_blame(uint8_t class);
uint8_t ruleword_disposition(uint8_t class);
uint8_t ruleword_phase(char letter);

#endif
