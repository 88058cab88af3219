/*
 * reply - the commands of dray-policy(8) that try rules on replies.
 *
 *   reply_source              where the rules come from: those in force; with
 *                             text, those of the text under base; with rules
 *                             not NULL, those of that file or directory
 *   reply_classify(s)         standard input, a reply a line, to standard
 *                             output
 *   reply_test(s)             the samples of all rules of the text
 *   reply_replay(s)           event lines on standard input; what the rules
 *                             would have said otherwise to standard output
 *
 * They end the program (100, 111) when the rules cannot be read or are wrong.
 * Input may be of any length; no line of it takes memory.
 */
#ifndef DRAY_POLICY_REPLY_H
#define DRAY_POLICY_REPLY_H

struct rules;

struct reply_source {
	const char *base;
	int text;
	const char *rules;
};

struct rules *reply_rules(const struct reply_source *s);
void reply_classify(const struct reply_source *s);
void reply_test(const struct reply_source *s);
void reply_replay(const struct reply_source *s);

#endif
