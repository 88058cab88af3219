/*
 * bounces - what failed and what came back, from the whole log.
 *
 *   bounces_by(s)       what --by names, or -1
 *   bounces_since(d, s) the time of --since, such as event_time has it, into d,
 *                       BOUNCES_TIME octets: a day, a moment (both in UTC), or
 *                       how long ago.  0, or -1 it is none
 *   bounces_show(base, by, since, json)  prints the table.  since may be empty.
 *                       Dies if the log cannot be read
 *
 * What is written to the log meanwhile does not count, so that it ends.
 */
#ifndef DRAY_STAT_BOUNCES_H
#define DRAY_STAT_BOUNCES_H

#define BOUNCES_TIME 28

enum bounces_by {
	BOUNCES_CLASS,
	BOUNCES_PROVIDER,
	BOUNCES_CAMPAIGN,
	BOUNCES_DAY,
	BOUNCES_BYS
};

int bounces_by(const char *s);
int bounces_since(char *d, const char *s) __attribute__((warn_unused_result));
void bounces_show(
    const char *base, enum bounces_by by, const char *since, int json);

#endif
