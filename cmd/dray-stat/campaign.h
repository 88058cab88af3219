/*
 * campaign - what has become of a campaign, from the log and from dray-send.
 *
 *   campaign_show(base, id, json)  prints it.  Dies if the log cannot be read, or
 *                            dray-send does not answer; one that is not there
 *                            is no error
 */
#ifndef DRAY_STAT_CAMPAIGN_H
#define DRAY_STAT_CAMPAIGN_H

void campaign_show(const char *base, const char *id, int json);

#endif
