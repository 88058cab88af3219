/*
 * streamscan - the header of a message, looked through for what the rules of
 * streamrule.h ask for, as it streams in.
 *
 *   streamscan_start(k, set)   before the first octet.  Keeps a reference to
 *                              the set, and gives back that of the message
 *                              before
 *   streamscan_feed(k, s, n)   n more octets, in pieces of any size; what
 *                              follows the header costs nothing
 *   streamscan_decide(k, f)    the rule that decides, or NULL: none does
 *   streamscan_end(k)          gives back the set
 *
 * Of a field the first STREAMSCAN_VALUEMAX octets are compared, unfolded, with
 * each run of white space as one blank and without those at its ends.  Of the
 * fields that rules ask for the first STREAMSCAN_FIELDS are looked at; nobody
 * can make a header expensive.  A line that is no field ends the header, as in
 * header.h.
 */
#ifndef DRAY_STREAMSCAN_H
#define DRAY_STREAMSCAN_H

#include "common/streamrule.h"

#define STREAMSCAN_VALUEMAX 512
#define STREAMSCAN_FIELDS 100

struct streamscan {
	struct streamrule_set *set;
	enum {
		STREAMSCAN_LINE, /* at the first octet of a line */
		STREAMSCAN_NAME,
		STREAMSCAN_BLANK, /* between a name and its colon */
		STREAMSCAN_VALUE,
		STREAMSCAN_SKIP, /* the rest of a line is of no interest */
		STREAMSCAN_BODY,
	} state;
	int wanted; /* rules ask for the field that is being read */
	unsigned int fields;
	size_t name_len, value_len;
	char name[STREAMRULE_NAMEMAX];
	char value[STREAMSCAN_VALUEMAX];
	unsigned char hit[STREAMRULE_BITS / 8];
};

void streamscan_start(struct streamscan *k, struct streamrule_set *set);
void streamscan_feed(struct streamscan *k, const char *s, size_t n);
const struct streamrule *streamscan_decide(
    struct streamscan *k, const struct streamrule_facts *f);
void streamscan_end(struct streamscan *k);

#endif
