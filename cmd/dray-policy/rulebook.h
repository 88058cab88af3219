/*
 * rulebook - the reply rules as their text says them: the files of etc/rules,
 * and those of packs (dray-rules(5)).
 *
 *   rulebook_file(c)          a new file of rules is being read; its name is
 *                             the last of conf.file
 *   rulebook_section(c, line, name)
 *   rulebook_pair(c, line, key, value)
 *                             (these are called by conf_read_file)
 *   rulebook_read(c, path)    one file, or all files of a directory that end
 *                             in .rules, and nothing but rules, so that nothing
 *                             is known of providers.  As conf_read
 *   rulebook_finish(c)        after the last file: order, samples, and record
 *   rulebook_free(c)
 *   rulebook_sample(s, r, in_r)
 *                             a sample as the matcher of rule r takes it
 *   rulebook_facts(o, r)      one fact a line (facts.h)
 *
 * The rank of a file says which of two rules is tried first, whatever their
 * files are called: files in etc/ have 0 unless they say [rules] rank = N,
 * those of a pack 10 more.  A rule takes the place of one with the same name
 * in a file of a higher rank.
 */
#ifndef DRAY_POLICY_RULEBOOK_H
#define DRAY_POLICY_RULEBOOK_H

#include <skalibs/stralloc.h>

#include "cmd/dray-policy/conf.h"
#include "cmd/dray-policy/factline.h"
#include "common/rule.h"
#include "common/rules.h"
#include "common/ruleset.h"

#define RULEBOOK_DIR "etc/rules"
#define RULEBOOK_SUFFIX ".rules"
#define RULEBOOK_PACKS "etc/packs/"
#define RULEBOOK_PACK_RANK 10
#define RULEBOOK_SAMPLES 64 /* of one rule */

enum rulebook_key {
	RULEBOOK_PROVIDER,
	RULEBOOK_PHASE,
	RULEBOOK_CODE,
	RULEBOOK_ENHANCED,
	RULEBOOK_TEXT,
	RULEBOOK_REGEX,
	RULEBOOK_CLASS,
	RULEBOOK_BLAME,
	RULEBOOK_DISPOSITION,
	RULEBOOK_ACTION,
	RULEBOOK_DURATION,
	RULEBOOK_PROVENANCE,
	RULEBOOK_MATCH,
	RULEBOOK_NOMATCH,
	RULEBOOK_ENABLED,
	RULEBOOK_KEYS
};

/* A line of a rule. */
struct rulebook_line {
	enum rulebook_key key;
	struct conf_where where;
	char *value;
};

struct rulebook_rule {
	char id[RULE_IDMAX + 1];
	struct conf_where where;
	unsigned int rank;
	unsigned int nline;
	struct rulebook_line *line;
	struct conf_where set[RULEBOOK_KEYS]; /* the first of each key */
	struct rule rule; /* its strings are values of lines */
	char *providers; /* with one blank between two */
	char route[RULE_NAMEMAX + 1];
	int disabled;
	int replaced; /* by one of the same name in a better file */
	int bad; /* it has a mistake: do not draw conclusions */
};

struct rulebook {
	struct rulebook_rule **rule; /* in the order of the text */
	size_t n;
	struct rulebook_rule **tried; /* in the order in which they are tried */
	size_t ntried;
	stralloc record; /* of common/rule.h */
	int alone; /* nothing else of the policy was read */

	/* while a file is read */
	unsigned int rank;
	struct rulebook_rule *now;
	struct conf_where head; /* of [rules] */
	struct conf_where rank_where;
	int in_head;
	int started; /* there was a section */
	int bad; /* a mistake that is not in a rule */
};

struct setting;

void rulebook_file(struct conf *c);
void rulebook_section(void *c, unsigned int line, const char *name);
void rulebook_pair(
    void *c, unsigned int line, const char *key, const char *value);
int rulebook_read(struct conf *c, const char *path)
    __attribute__((warn_unused_result));
void rulebook_finish(struct conf *c);
void rulebook_free(struct conf *c);
void rulebook_sample(
    const char *s, const struct rulebook_rule *r, struct rules_input *in_r);
void rulebook_facts(const struct factline *o, const struct rulebook_rule *r);

/* rulekey.c: one key of a rule; its value is the heap's. */
void rulekey_set(struct setting *s, struct rulebook_rule *r, char *value);
int rulekey_find(const char *name);
const char *rulekey_name(enum rulebook_key key);

#endif
