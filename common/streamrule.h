/*
 * streamrule - rules that tell which stream a message belongs to, from what it
 * is: the [match] sections of dray-conf(5) and those that are built in.
 *
 * dray-policy makes one record of them, which stands in policy.cdb under
 * "match"; dray-queued and "dray-policy explain" make a set of that, feed the
 * header to streamscan.h as it comes, and ask in the end.
 *
 *   record: u32 n, and for each rule
 *     str name | str where | str stream | u32 recipients | str sender |
 *     str tenant | str campaign | str chosen | str uid | str present |
 *     u8 headers, and for each: str name | str patterns
 *   fields as in field.h, strings without NUL
 *
 *   streamrule_text(s)         that string
 *   streamrule_put(sa, r)      appends one rule; the caller has put n before
 *   streamrule_new(data, len)  the set that a record holds, with one reference;
 *                              NULL with errno EPROTO.  Keeps nothing of data
 *   streamrule_ref(set)        one reference more; returns set
 *   streamrule_unref(set)      frees it with the last one; NULL is fine
 *   streamrule_decide(set, hit, f)  the first rule that all criteria speak
 *                              for, or NULL; hit as streamscan left it
 *
 * In a rule an empty string and a 0 are no criterion.  Patterns are those of
 * glob.h, with blanks between them, those of header fields with '|'.  A rule
 * that has no patterns for the name that the sender chose holds only for mail
 * whose sender chose none.
 */
#ifndef DRAY_STREAMRULE_H
#define DRAY_STREAMRULE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <skalibs/stralloc.h>

#define STREAMRULE_MAX 128 /* rules */
#define STREAMRULE_HEADERS 8 /* header criteria of one */
#define STREAMRULE_TEXTMAX 2048 /* octets of any string of one */
#define STREAMRULE_NAMEMAX 64 /* octets of the name of a header field */
#define STREAMRULE_BITS (STREAMRULE_MAX * (STREAMRULE_HEADERS + 1))
#define STREAMRULE_BUCKETS 64

struct streamrule_text {
	const char *s;
	size_t len;
};

enum streamrule_field {
	STREAMRULE_NAME,
	STREAMRULE_WHERE, /* "etc/dray.conf:12", or "built-in" */
	STREAMRULE_STREAM, /* what follows */
	STREAMRULE_SENDER,
	STREAMRULE_TENANT,
	STREAMRULE_CAMPAIGN,
	STREAMRULE_CHOSEN, /* stream that the sender asked for */
	STREAMRULE_UID, /* patterns for it in decimal */
	STREAMRULE_PRESENT, /* names of fields, one of which is there */
	STREAMRULE_TEXTS
};

struct streamrule {
	struct streamrule_text text[STREAMRULE_TEXTS];
	uint32_t recipients; /* at least so many */
	unsigned int nheader;
	struct streamrule_text header[STREAMRULE_HEADERS]; /* lower case */
	struct streamrule_text pattern[STREAMRULE_HEADERS];
	unsigned int bit; /* its first in hit */
};

/* What is looked for in a header: of fields with this name, one that matches,
 * or, without a pattern, any. */
struct streamrule_test {
	struct streamrule_text name;
	const struct streamrule_text *pattern;
	unsigned int bit;
	int next; /* in its bucket, or -1 */
};

struct streamrule_set {
	unsigned int refs;
	unsigned int n;
	struct streamrule *rule;
	unsigned int ntest;
	struct streamrule_test *test;
	int bucket[STREAMRULE_BUCKETS]; /* the first test, or -1 */
	char *record;
};

/* What is known of a message beside its header; strings may be "". */
struct streamrule_facts {
	struct streamrule_text sender; /* "" is the null path */
	struct streamrule_text tenant, campaign, chosen;
	uint32_t recipients;
	uint32_t uid; /* of who hands it in */
};

static inline struct streamrule_text
streamrule_text(const char *s)
{
	struct streamrule_text t = { s, strlen(s) };

	return t;
}

void streamrule_put(stralloc *sa, const struct streamrule *r);
struct streamrule_set *streamrule_new(const void *data, size_t len);
struct streamrule_set *streamrule_ref(struct streamrule_set *set);
void streamrule_unref(struct streamrule_set *set);
unsigned int streamrule_bucket(const char *name, size_t len);
const struct streamrule *streamrule_decide(const struct streamrule_set *set,
    const unsigned char *hit, const struct streamrule_facts *f);

#endif
