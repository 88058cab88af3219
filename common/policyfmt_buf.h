/*
 * policyfmt_buf - numbers and strings in the records of policy.cdb, for the
 * parts of policyfmt and for others that keep records there.
 *
 * A number is 8 octets, or as many as are given, least significant first.  A
 * string is its length as one octet pair and so many octets that are printable
 * ASCII.  What is put must fit into the buffer, which has room for the largest
 * record.
 *
 *   policyfmt_put_octets(d, s, n)
 *   policyfmt_put_number(d, v, octets)
 *   policyfmt_put_string(d, s)
 *   policyfmt_put_group(d, g, s)
 *                             each key of a group, 8 octets
 *   policyfmt_put_some(d, g, mask, s)
 *                             the mask, and each key whose bit is set in it
 *
 *   policyfmt_get_number(c, octets)
 *   policyfmt_get_range(c, octets, min, max)
 *   policyfmt_get_string(c, s, size)
 *                             into an array of size octets.  No blank is in it
 *   policyfmt_get_text(c, s, size)
 *                             the same, with blanks
 *   policyfmt_get_family(c, none)
 *                             4 or 6, or 0 for none where there may be none
 *   policyfmt_get_ip(c, ip)   16 octets
 *   policyfmt_get_group(c, g, s)
 *   policyfmt_get_some(c, g, extra, s)
 *                             the result is the mask, of which the extra bits
 *                             above those of the group may be set
 *   policyfmt_get_end(c)      0, or -1 EPROTO: something was not in its range,
 *                             or the record was not used up
 *
 * After a mistake c->bad is 1, and what is got is of no use but in its bounds.
 */
#ifndef DRAY_POLICYFMT_BUF_H
#define DRAY_POLICYFMT_BUF_H

#include <stddef.h>
#include <stdint.h>

#include "common/policy.h"
#include "common/policykey.h"

/* A record being written, with room for each of them. */
struct policyfmt_buf {
	size_t n;
	unsigned char s[1024 + sizeof(struct policy_vroute) +
	    sizeof(struct policy_route) + sizeof(struct policy_dns)];
};

/* What is left of a record, and whether something did not fit. */
struct policyfmt_cursor {
	const unsigned char *p;
	size_t n;
	int bad;
};

void policyfmt_put_octets(struct policyfmt_buf *d, const void *s, size_t n);
void policyfmt_put_number(struct policyfmt_buf *d, uint64_t v, int octets);
void policyfmt_put_string(struct policyfmt_buf *d, const char *s);
void policyfmt_put_group(
    struct policyfmt_buf *d, const struct policykey_group *g, const void *s);
void policyfmt_put_some(struct policyfmt_buf *d,
    const struct policykey_group *g, uint64_t mask, const void *s);

uint64_t policyfmt_get_number(struct policyfmt_cursor *c, int octets);
uint64_t policyfmt_get_range(
    struct policyfmt_cursor *c, int octets, uint64_t min, uint64_t max);
void policyfmt_get_string(struct policyfmt_cursor *c, char *s, size_t size);
void policyfmt_get_text(struct policyfmt_cursor *c, char *s, size_t size);
uint8_t policyfmt_get_family(struct policyfmt_cursor *c, int none);
void policyfmt_get_ip(struct policyfmt_cursor *c, uint8_t *ip);
void policyfmt_get_group(
    struct policyfmt_cursor *c, const struct policykey_group *g, void *s);
uint64_t policyfmt_get_some(struct policyfmt_cursor *c,
    const struct policykey_group *g, int extra, void *s);
int policyfmt_get_end(const struct policyfmt_cursor *c);

#endif
