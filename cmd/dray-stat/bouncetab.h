/*
 * bouncetab - the table of dray-stat --bounces: a row for each key.
 *
 *   bouncetab_add(t, key, count)  one more.  A key that is new when there are
 *                          BOUNCETAB_ROWS, or is longer than BOUNCETAB_KEYMAX,
 *                          counts in the row of all others
 *   bouncetab_show(t)      for people
 *   bouncetab_json(t)      an object of JSON a line
 *   bouncetab_free(t)
 *
 * An empty key is one that nobody knows.  The rows with the most in them come
 * first, but days as they follow each other.
 */
#ifndef DRAY_STAT_BOUNCETAB_H
#define DRAY_STAT_BOUNCETAB_H

#include <stddef.h>
#include <stdint.h>

#define BOUNCETAB_ROWS 10000
#define BOUNCETAB_KEYMAX 255

enum bouncetab_count {
	BOUNCETAB_DELIVERED,
	BOUNCETAB_FAILED, /* in session */
	BOUNCETAB_RETURNED, /* was accepted, and came back */
	BOUNCETAB_COMPLAINTS,
	BOUNCETAB_LEFT,
	BOUNCETAB_SUPPRESSED,
	BOUNCETAB_UNPROVEN, /* came back, but no token says whose it is */
	BOUNCETAB_COUNTS
};

struct bouncetab_row {
	uint64_t n[BOUNCETAB_COUNTS];
	char key[];
};

struct bouncetab {
	const char *by; /* what the keys are */
	int all; /* rows have no deliveries: shares are of all */
	int inorder;
	struct bouncetab_row *row[BOUNCETAB_ROWS]; /* by key */
	size_t rows;
	uint64_t others[BOUNCETAB_COUNTS];
	uint64_t sum[BOUNCETAB_COUNTS];
};

void bouncetab_add(
    struct bouncetab *t, const char *key, enum bouncetab_count count);
void bouncetab_show(struct bouncetab *t);
void bouncetab_json(struct bouncetab *t);
void bouncetab_free(struct bouncetab *t);

#endif
