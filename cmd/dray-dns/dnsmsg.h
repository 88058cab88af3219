/*
 * dnsmsg - reads the answer to one question from a DNS message (RFC 1035 4).
 *
 * The message comes from the resolver library, but its records are what
 * strangers wrote: nothing in it is believed.
 *
 *   dnsmsg_open(m, msg, len, name, type)
 *                     name as text in lower case, without a trailing dot.
 *                     Follows up to DNSMSG_CHAIN CNAMEs, and says what is
 *                     there for the last name:
 *       DNSMSG_DATA     at least one record of this type
 *       DNSMSG_NODATA   the name is there, such a record is not: a SOA record
 *                       goes with it, as RFC 2308 2.2 wants
 *       DNSMSG_EMPTY    an answer without anything: broken servers say so of
 *                       what they do not have, lame ones of everything
 *       DNSMSG_NXDOMAIN the name is not there
 *       DNSMSG_BAD      none of these can be said: a message that is no answer
 *                       to this question, that is cut off, that says SERVFAIL,
 *                       whose chain of CNAMEs is too long, goes in a circle or
 *                       ends nowhere
 *   m->ttl            seconds: the least of all records that were used.  Where
 *                     there is none, as RFC 2308 5 says, else DNSMSG_NEGTTL
 *   dnsmsg_next(m, rr_r)  the next record of this type; 0 no more.  Its data
 *                     lie within the message
 *   dnsmsg_name(m, at, end, text_r)
 *                     a name inside record data, which ends before end: where
 *                     it goes on behind it, or 0.  text_r has DNSMSG_TEXTMAX
 *                     octets and gets it in lower case without a trailing dot
 *                     ("" is the root), or "?" if it is no host name
 *   dnsmsg_isname(s, len)  1 if this is a host name as dray looks them up:
 *                     letters, digits, hyphens and underscores, in labels of
 *                     1 to 63, together at most 253 octets
 *
 * No function allocates memory; the time is linear in len times the length of
 * the chain.
 */
#ifndef DRAY_DNS_DNSMSG_H
#define DRAY_DNS_DNSMSG_H

#include <stddef.h>
#include <stdint.h>

#define DNSMSG_CHAIN 16
#define DNSMSG_NEGTTL 30
#define DNSMSG_TEXTMAX 256
#define DNSMSG_WIREMAX 255

#define DNSMSG_A 1
#define DNSMSG_CNAME 5
#define DNSMSG_SOA 6
#define DNSMSG_MX 15
#define DNSMSG_TXT 16
#define DNSMSG_AAAA 28

enum dnsmsg_kind {
	DNSMSG_DATA,
	DNSMSG_NODATA,
	DNSMSG_EMPTY,
	DNSMSG_NXDOMAIN,
	DNSMSG_BAD,
};

struct dnsmsg_rr {
	size_t data; /* offsets in the message */
	size_t end;
	uint16_t type;
	uint16_t class;
	uint32_t ttl;
};

/* A name as in the message, but whole and in lower case. */
struct dnsmsg_wire {
	unsigned int n;
	unsigned char s[DNSMSG_WIREMAX];
};

struct dnsmsg {
	const unsigned char *s;
	size_t len;
	size_t answer; /* where the answer section begins */
	unsigned int nanswer, nauthority;
	size_t at; /* of dnsmsg_next */
	unsigned int left;
	uint16_t type;
	uint32_t ttl;
	struct dnsmsg_wire name; /* at the end of the chain */
};

enum dnsmsg_kind dnsmsg_open(struct dnsmsg *m, const void *msg, size_t len,
    const char *name, uint16_t type);
int dnsmsg_next(struct dnsmsg *m, struct dnsmsg_rr *rr_r);
size_t dnsmsg_name(const struct dnsmsg *m, size_t at, size_t end, char *text_r);
int dnsmsg_isname(const char *s, size_t len);

#endif
