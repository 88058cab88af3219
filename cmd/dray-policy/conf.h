/*
 * conf - the policy as its text says it: etc/dray.conf and the files
 * of etc/routes of one base directory, with the line that set each value.
 *
 *   conf_init(c, err)      mistakes are said on err
 *   conf_read(c, base)     reads and checks all of it.  0 when the text could
 *                          be read (c->mistakes says whether it is any good),
 *                          -1 with errno when it could not; c->trouble is
 *                          then the name of the file.
 *   conf_read_file(c, f, name, routes)
 *                          one file: dray.conf, or with routes one of routes/.
 *                          -1 with errno EFBIG: more than CONF_FILEMAX octets
 *   conf_finish(c)         after the last file: values that follow from other
 *                          values, and contradictions
 *   conf_free(c)
 *   conf_by_pattern(a, b)  orders two conf_static, for conf.patterns
 *   conf_alloc(p, n, size) reallocarray(3) that ends the program instead
 *   conf_mistake(c, w, fmt, ...)
 *                          says it on c->err as "file:line: text"
 *
 * A where of line 0 means that nobody set the value: it is the default.
 */
#ifndef DRAY_POLICY_CONF_H
#define DRAY_POLICY_CONF_H

#include <stddef.h>
#include <stdio.h>

#include "common/policy.h"
#include "common/policykey.h"

#define CONF_STATICMAX 100000 /* static routes */
#define CONF_FILEMAX (16u << 20) /* octets of one file */

struct conf_where {
	unsigned int file; /* index in conf.file */
	unsigned int line;
};

struct conf_text {
	char *s;
	size_t n;
};

/* One [static]: limits hold all values in force, its own and the rest. */
struct conf_static {
	char pattern[POLICY_NAMEMAX + 1];
	struct conf_where where;
	struct policy_limits limits;
	struct conf_where limits_where[POLICYKEY_LIMITS_N];
	struct conf_where hosts_where;
	struct conf_where helo_where;
	struct conf_where source_where;
	char helo[POLICY_NAMEMAX + 1];
	uint8_t source_family;
	uint8_t source[16];
	unsigned int n;
	struct policy_addr *addr;
	int bad; /* it has a mistake: do not draw conclusions */
};

/* One [stream], or one that is there without text (its where has line 0). */
struct conf_stream {
	struct policy_stream s;
	struct conf_where where;
	struct conf_where key_where[POLICYKEY_STREAM_N];
	struct conf_where retry_where[2]; /* schedule, then */
	unsigned int order;
};

enum conf_section {
	CONF_NONE, /* before the first section */
	CONF_UNKNOWN, /* its name is a mistake: nothing to say about its keys */
	CONF_NODE,
	CONF_QUEUE,
	CONF_RETRY,
	CONF_LIMITS,
	CONF_NOTICES,
	CONF_DNS,
	CONF_STATIC, /* the first of those that have names */
	CONF_STREAM,
};

struct conf {
	FILE *err; /* where mistakes are said */
	const char *base; /* put before file names when they are said */
	unsigned int mistakes;
	int bad; /* a mistake in [queue] or [limits] */
	char *trouble;
	char **file; /* names relative to the base directory */
	struct conf_text *text; /* and what they hold */
	unsigned int nfile;
	struct policy_node node;
	struct conf_where node_where[3]; /* hostname, domain, postmaster */
	struct policy_queue queue;
	struct conf_where queue_where[POLICYKEY_QUEUE_N];
	struct policy_retry retry;
	struct conf_where retry_where[2]; /* schedule, then */
	struct policy_limits limits;
	struct conf_where limits_where[POLICYKEY_LIMITS_N];
	struct policy_notices notices;
	struct conf_where notices_where[POLICYKEY_NOTICES_N];
	struct conf_where from_where;
	struct policy_dns dns;
	struct conf_where dns_where[POLICYKEY_DNS_N];
	struct conf_where list_where[4]; /* the lists of policy_dns */
	struct conf_stream stream[POLICY_STREAMMAX];
	unsigned int nstream;
	struct conf_static **statics;
	size_t nstatic;
	void *patterns; /* tsearch(3) tree of the same */

	/* while a file is read */
	int routes; /* it is one of etc/routes */
	enum conf_section section;
	struct conf_where section_where[CONF_STATIC];
	struct conf_static *now; /* the section that is being read */
	struct conf_stream *stream_now;
};

void conf_init(struct conf *c, FILE *err);
int conf_read(struct conf *c, const char *base)
    __attribute__((warn_unused_result));
int conf_read_file(struct conf *c, FILE *f, const char *name, int routes)
    __attribute__((warn_unused_result));
void conf_finish(struct conf *c);
void conf_free(struct conf *c);
int conf_by_pattern(const void *a, const void *b);
void *conf_alloc(void *old, size_t n, size_t size);
void conf_mistake(struct conf *c, const struct conf_where *w, const char *fmt,
    ...) __attribute__((format(printf, 3, 4)));

#endif
