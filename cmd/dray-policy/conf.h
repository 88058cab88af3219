/*
 * conf - the policy as its text says it: etc/dray.conf and the files of
 * etc/routes, etc/dkim, etc/providers and the packs of one base directory, with the line
 * that set each value.
 *
 *   conf_init(c, err)      mistakes are said on err
 *   conf_read(c, base)     reads and checks all of it.  0 when the text could
 *                          be read (c->mistakes says whether it is any good),
 *                          -1 with errno when it could not; c->trouble is
 *                          then the name of the file.
 *   conf_read_file(c, f, name, place)
 *                          one file, of a kind that stands in that place
 *                          -1 with errno EFBIG: more than CONF_FILEMAX octets
 *   conf_trouble(c, name)  notes the name of a file that cannot be read, and
 *                          returns -1 with the errno that there is
 *   conf_finish(c)         after the last file: values that follow from other
 *                          values, and contradictions
 *   conf_free(c)
 *   conf_words_free(w)     a list that is in a section
 *   conf_start(c, l, item, kind)
 *                          a section with a name, whose name and place are
 *                          set, begins: 0 and c->now, and l has it; 1 and
 *                          c->now is the one that was there, to which a pack
 *                          adds; or -1: it was there before, which has been
 *                          said
 *   conf_ispack(c, w)      1 if w is in a file of a pack
 *   conf_yields(c, w, first)
 *                          1 if what is set at w, in a pack, has to go because
 *                          the operator has set it at first
 *   conf_alloc(p, n, size) reallocarray(3) that ends the program instead
 *   conf_zero(size)        as calloc(3) for one thing, the same
 *   conf_copy(s)           as strdup(3), the same
 *   conf_mistake(c, w, fmt, ...)
 *                          says it on c->err as "file:line: text"
 *   conf_file(c, w)        the name of the file of w
 *   conf_provider(c, name) the provider with this name or alias, or NULL; to be
 *                          asked after the last file was read
 *
 * A where of line 0 means that nobody set the value: it is the default.
 */
#ifndef DRAY_POLICY_CONF_H
#define DRAY_POLICY_CONF_H

#include <stddef.h>
#include <stdio.h>

#include "cmd/dray-policy/list.h"
#include "common/policy.h"
#include "common/policykey.h"
#include "common/streamrule.h"

#define CONF_ITEMMAX 100000 /* sections of one kind */
#define CONF_FILEMAX (16u << 20) /* octets of one file */
#define CONF_SECTIONS 32 /* kinds of sections */
#define CONF_WARMUPMAX 500 /* sections [warmup] */
#define CONF_CURVE_N 4
#define CONF_SENDER_N 5 /* keys of [sender] */
#define CONF_CLAIMMAX 400 /* octets of what one provider or route claims */

enum conf_place {
	CONF_MAIN, /* etc/dray.conf */
	CONF_ROUTES, /* files of etc/routes */
	CONF_DKIM, /* files of etc/dkim */
	CONF_PROVIDERS, /* files of etc/providers */
	CONF_RULES, /* files of etc/rules */
	CONF_PLACES
};

struct rulebook;

struct conf_where {
	unsigned int file; /* index in conf.file */
	unsigned int line;
};

struct conf_text {
	char *s;
	size_t n;
};

/* Any keys of [limits], and the schedule. */
struct conf_limits {
	struct policy_limits v;
	struct conf_where where[POLICYKEY_LIMITS_N];
	struct conf_where schedule_where;
};

struct conf_total {
	struct policy_total v;
	struct conf_where where[POLICYKEY_TOTAL_N];
};

/* A list of words in their one form. */
struct conf_words {
	struct conf_where where;
	char **word;
	size_t n;
};

/* What each section with a name begins with. */
struct conf_item {
	char name[POLICY_NAMEMAX + 1];
	struct conf_where where;
	int bad; /* it has a mistake: do not draw conclusions */
};

/* [static NAME] */
struct conf_static {
	struct conf_item is;
	struct conf_limits limits;
	struct conf_where hosts_where;
	struct conf_where helo_where;
	struct conf_where source_where;
	struct conf_where provider_where;
	char helo[POLICY_NAMEMAX + 1];
	char provider[POLICY_LABELMAX + 1];
	uint8_t source_family;
	uint8_t source[16];
	unsigned int n;
	struct policy_addr *addr;
};

/* One [stream], or one that is there without text (its where has line 0). */
struct conf_stream {
	struct policy_stream s;
	struct conf_where where;
	struct conf_where key_where[POLICYKEY_STREAM_N];
	struct conf_where retry_where[2]; /* schedule, then */
	unsigned int order;
};

/* [match NAME]; a criterion that was not given is a list of no words, or 0. */
struct conf_match {
	struct conf_item is;
	struct conf_where stream_where;
	char stream[POLICY_LABELMAX + 1];
	struct conf_words words[STREAMRULE_TEXTS]; /* by streamrule_field */
	struct conf_where recipients_where;
	uint32_t recipients;
	unsigned int nheader;
	char *header[STREAMRULE_HEADERS];
	char *pattern[STREAMRULE_HEADERS];
	struct conf_where header_where[STREAMRULE_HEADERS];
};

/* [route NAME] */
struct conf_route {
	struct conf_item is;
	struct conf_limits limits;
	struct conf_total total;
	struct conf_where sources_where;
	unsigned int n;
	struct policy_source *source;
	struct conf_words streams, tenants, senders;
};

/* [warmup NAME]; what its curve makes of the days is in v, as its table is */
struct conf_warmup {
	struct conf_item is;
	struct policy_warmup v;
	struct conf_words sources, providers;
	struct conf_where route_where, start_where, table_where, overflow_where;
	char route[POLICY_LABELMAX + 1];
	struct conf_curve {
		uint64_t first;
		uint32_t growth; /* percent */
		uint32_t days;
		uint32_t wait; /* of a table, too */
	} curve;
	struct conf_where curve_where[CONF_CURVE_N];
	unsigned int mark; /* while circles are looked for */
};

/* [source NAME], an address as inet_ntop(3) has it */
struct conf_source {
	struct conf_item is;
	struct conf_where helo_where;
	char helo[POLICY_NAMEMAX + 1];
	int used; /* some route has it */
};

/* [provider NAME] */
struct conf_provider {
	struct conf_item is;
	struct conf_limits limits;
	struct conf_total total;
	struct conf_words mx, domains, networks, aliases;
	int used; /* a static route says that it leads there */
};

/* [provider PROVIDER route ROUTE], whose name is "PROVIDER ROUTE" */
struct conf_pair {
	struct conf_item is;
	struct conf_limits limits;
	char provider[POLICY_LABELMAX + 1];
	char route[POLICY_LABELMAX + 1];
};

/* [tenant NAME], [campaign NAME], which may be "*" */
struct conf_share {
	struct conf_item is;
	struct policy_share v;
	struct conf_where share_where[POLICYKEY_SHARE_N];
};

/* [listener NAME] */
struct conf_listener {
	struct conf_item is;
	struct policy_listener v;
	struct conf_where role_where, address_where, port_where, trust_where,
	    ends_where, rates_where, tls_where, auth_where, proxy_where,
	    xclient_where;
};

/* [certificate NAME] */
struct conf_certificate {
	struct conf_item is;
	struct policy_certificate v;
	struct conf_where chain_where, key_where;
};

/* [sender DOMAIN], where .domain and * may stand, too */
struct conf_sender {
	struct conf_item is;
	struct policy_sender v;
	struct conf_where key_where[CONF_SENDER_N];
};

/* [breaker stream NAME], [breaker tenant NAME]: "stream/NAME" and so on */
struct conf_breaker {
	struct conf_item is;
	struct policy_breaker v;
	struct conf_where key_where[POLICYKEY_BREAKER_N];
};

/* [dnsbl ZONE] */
struct conf_dnsbl {
	struct conf_item is;
	struct policy_dnsbl v;
	struct conf_where kind_where, codes_where, hold_where;
};

/* [dkim DOMAIN] */
struct conf_dkim {
	struct conf_item is;
	struct policy_dkim v;
	struct conf_where rsa_where, ed25519_where;
	struct conf_where dkim_where[POLICYKEY_DKIM_N];
};

/* One pattern of a provider, or one combination that a route is chosen for:
 * nobody else may have it. */
struct conf_claim {
	char name[CONF_CLAIMMAX + 1];
	struct conf_where where;
	const char *owner; /* name of the provider or route */
};

struct section;

struct conf {
	FILE *err; /* where mistakes are said */
	const char *base; /* put before file names when they are said */
	unsigned int mistakes;
	int bad; /* a mistake in a section that has no name */
	char *trouble;
	const char *pack; /* that etc/packs shall have, or NULL */
	const char *pack_dir; /* in etc/packs; NULL: that it shall not have */
	char **file; /* names relative to the base directory */
	struct conf_text *text; /* and what they hold */
	unsigned int nfile;
	struct policy_node node;
	struct conf_where node_where[3]; /* hostname, domain, postmaster */
	struct policy_queue queue;
	struct conf_where queue_where[POLICYKEY_QUEUE_N];
	struct policy_retry retry;
	struct conf_where retry_where[2]; /* schedule, then */
	struct conf_limits limits;
	struct policy_notices notices;
	struct conf_where notices_where[POLICYKEY_NOTICES_N];
	struct conf_where from_where;
	struct policy_dns dns;
	struct conf_where dns_where[POLICYKEY_DNS_N];
	struct conf_where list_where[4]; /* the lists of policy_dns */
	struct policy_smtpd smtpd;
	struct conf_where smtpd_where[POLICYKEY_SMTPD_N];
	struct policy_suppression suppression;
	struct conf_where suppression_where[POLICYKEY_SUPPRESSION_N];
	struct policy_returns returns;
	struct conf_where returns_where[POLICYKEY_RETURNS_N];
	struct conf_words return_words[POLICY_RETURNS]; /* by kind, from 0 on */
	struct policy_signing signing;
	struct conf_where signing_where[POLICYKEY_SIGNING_N];
	struct conf_where also_where;
	struct policy_breaker breaker;
	struct conf_where breaker_at; /* the section */
	struct conf_where breaker_where[POLICYKEY_BREAKER_N];
	struct policy_tune tune;
	struct conf_where tune_where[POLICYKEY_TUNE_N];
	struct conf_stream stream[POLICY_STREAMMAX];
	unsigned int nstream;
	struct list matches;
	struct list statics;
	struct list routes;
	struct list sources;
	struct list providers;
	struct list pairs;
	struct list tenants;
	struct list campaigns;
	struct list listeners;
	struct list certificates;
	struct list senders;
	struct list dkims;
	struct list breakers;
	struct list dnsbls;
	struct list names; /* of providers, with their aliases */
	struct list patterns; /* claims of the providers */
	struct list choices; /* claims of the routes */
	struct list warmups;
	struct list plans; /* claims of the warmups */
	struct rulebook *rules; /* NULL: there was no file of rules */

	/* while a file is read */
	enum conf_place place;
	const struct section *section; /* NULL: none whose keys mean anything */
	int isfirst; /* no section line was there yet */
	struct conf_where first[CONF_SECTIONS]; /* of those without a name */
	void *now; /* the item of the section that is being read */
	int *now_bad; /* whether it has a mistake */
	struct conf_stream *stream_now;
};

void conf_init(struct conf *c, FILE *err);
int conf_read(struct conf *c, const char *base)
    __attribute__((warn_unused_result));
int conf_read_file(struct conf *c, FILE *f, const char *name,
    enum conf_place place) __attribute__((warn_unused_result));
int conf_trouble(struct conf *c, const char *name);
void conf_finish(struct conf *c);
void conf_free(struct conf *c);
void conf_words_free(struct conf_words *w);
int conf_ispack(const struct conf *c, const struct conf_where *w);
int conf_yields(const struct conf *c, const struct conf_where *w,
    const struct conf_where *first);
int conf_start(
    struct conf *c, struct list *l, struct conf_item *item, const char *kind);
void *conf_alloc(void *old, size_t n, size_t size);
void *conf_zero(size_t size);
char *conf_copy(const char *s);
void conf_mistake(struct conf *c, const struct conf_where *w, const char *fmt,
    ...) __attribute__((format(printf, 3, 4)));
const char *conf_file(const struct conf *c, const struct conf_where *w);
struct conf_provider *conf_provider(const struct conf *c, const char *name);

#endif
