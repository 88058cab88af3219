/*
 * setting - one key = value of the policy text on its way into a struct.
 *
 *   setting_wrong(s, text)   says "KEY: 'VALUE' TEXT" and marks the section
 *   setting_once(s, w)       0 and the place kept in w, or -1: it was set
 *                            before, which has been said, or by the operator,
 *                            who is right against a pack
 *   setting_group(s, g, d, w)
 *                            1 when g knows the key (and the value is at d, or
 *                            a mistake has been said), 0 when not
 *   setting_retry(s, r, w)   the same for schedule and then of a retry
 *                            schedule, whose places are w[0] and w[1]
 *   setting_limits(s, l)     the same for any key that [limits] has
 *   setting_total(s, t)      and for the keys that are over all routes or all
 *                            providers
 *   setting_words(s, d, scan, wrong)
 *                            a list of words.  scan(form, word) brings one into
 *                            its form, of at most SETTING_FORMMAX octets, or
 *                            returns -1: then wrong is said
 *   setting_unknown(s)       says so
 *   setting_word(s, pos)     the next blank-separated word of the value,
 *                            *pos starting at 0; NULL at the end.  It is
 *                            valid until the next call
 */
#ifndef DRAY_POLICY_SETTING_H
#define DRAY_POLICY_SETTING_H

#include "cmd/dray-policy/conf.h"
#include "cmd/dray-policy/inifile.h"

#define SETTING_FORMMAX 320

struct setting {
	struct conf *c;
	struct conf_where w;
	const char *key;
	const char *value;
	int *bad; /* set when the value is a mistake */
	char word[INIFILE_LINEMAX + 1];
};

void setting_wrong(struct setting *s, const char *text);
int setting_once(struct setting *s, struct conf_where *w);
int setting_group(struct setting *s, const struct policykey_group *g, void *d,
    struct conf_where *w);
int setting_retry(
    struct setting *s, struct policy_retry *r, struct conf_where w[2]);
int setting_limits(struct setting *s, struct conf_limits *l);
int setting_total(struct setting *s, struct conf_total *t);
void setting_words(struct setting *s, struct conf_words *d,
    int (*scan)(char *form, const char *word), const char *wrong);
void setting_unknown(struct setting *s);
const char *setting_word(struct setting *s, size_t *pos);

#endif
