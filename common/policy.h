/*
 * policy - typed access to policy.cdb, which dray-policy compiles from the
 * INI files under etc/ (dray-conf(5)).
 *
 * The file is replaced by rename only.  An open policy is a copy of it in memory
 * and stays whole even if somebody cuts or overwrites it by force.
 * policy_refresh() looks (one stat) whether the name now leads to another file,
 * or to one that was written since, and opens that; an unreadable or foreign
 * file, or one that is not whole, leaves the old one in force.
 *
 *   policy_open(p, path)      0, or -1 with errno (EPROTO: not a policy of
 *                             this version)
 *   policy_refresh(p)         1 a newer one is in force, 0 nothing changed,
 *                             -1 errno: the old one stays.  A file that is no
 *                             policy (EPROTO) is reported once, other errors
 *                             each time
 *   policy_why(e)             after either, in words for their errno
 *   policy_renew(p)           policy_refresh() of a daemon, which says on stderr
 *                             what failed: 1, or 0 and the old one stays
 *   policy_close(p)
 *   policy_queue(p, q_r)      what dray-queued asks for
 *   policy_retry(p, r_r)      the retry schedule
 *   policy_node(p, n_r)       this node's names
 *   policy_notices(p, n_r)    what is told to senders, and in whose name
 *   policy_dns(p, d_r)        what dray-dns asks for
 *   policy_streams(p, s_r)    how many streams there are, and the streams by
 *                             priority, those that go first in front; s_r has
 *                             room for POLICY_STREAMMAX.  At least four:
 *                             transactional, regular, notices and bulk are
 *                             there without a word of the operator
 *   policy_stream(s, n, name, len)
 *                             the one of n streams that has this name, or NULL
 *   policy_stream_usual(s, n) the one of mail that names none: regular, or the
 *                             last one in a file that does not have it
 *   policy_matches(p)         the rules that tell streams (streamrule.h): a set
 *                             with one reference, which is the caller's
 *   policy_limits(p, w, l_r)  limits in force for a destination: each key from
 *                             the most specific place that sets it, which is
 *                             the static route that matches w->domain, then
 *                             [provider P route R], [provider P], [route R],
 *                             [limits], and the default
 *   policy_route(p, domain, len, r_r)
 *                             1 and the addresses of the most specific static
 *                             route (domain, then .suffix from long to short,
 *                             then *), 0 there is none, -1 EPROTO.  Without
 *                             addresses (n is 0) it goes by MX, as without a
 *                             route, but from its source and with its HELO
 *   policy_provider(p, m, name_r)
 *                             1 and the name of the provider that a domain is
 *                             at, 0 none that is known.  By the domain; else
 *                             all hosts of its MX set have to be one
 *                             provider's (exact name, then the longest
 *                             .suffix); else all addresses have to be in one
 *                             provider's networks
 *   policy_provider_why(p, m, name_r, why_r)
 *                             the same, with the pattern that decided:
 *                             "domain example.com", "mx .example.net",
 *                             "network 192.0.2.0/24"
 *   policy_provider_named(p, name, name_r)
 *                             1 and the name of the provider that has this
 *                             name or alias, 0 there is none
 *   policy_vroute(p, name, r_r)
 *                             1 and the sources of the [route NAME], 0 there
 *                             is none, -1 EPROTO
 *   policy_choose(p, stream, tenant, sender, name_r)
 *                             1 and the name of the route for mail that names
 *                             none: of those whose streams, tenants and
 *                             senders all match the one with the most specific
 *                             sender (address, domain, .suffix from long to
 *                             short, *), then tenant, then stream.  0 there is
 *                             none, and name_r is "".  sender is "" for the
 *                             null sender
 *   policy_warmup(p, route, provider, source, w_r)
 *                             1 and the plan for this route from this source to
 *                             this provider ("" for no known one): the one that
 *                             names both, else the provider, else the source,
 *                             else neither; source is an address as inet_ntop(3)
 *                             has it.  0 there is none
 *   policy_share(p, kind, name, len, s_r)
 *                             1 and what a tenant (kind 't') or a campaign
 *                             ('c') may use, each key from [tenant NAME] or
 *                             else from [tenant *]; 0 nothing limits it
 *   policy_breaker(p, stream, tenant, b_r)
 *                             when mail of this stream and tenant is stopped
 *                             because it is refused too often: each key from
 *                             [breaker tenant T], [breaker stream S],
 *                             [breaker], and the default
 *   policy_tune(p, t_r)       [tune]
 *   policy_smtpd(p, s_r)      [smtpd]
 *   policy_returns(p, r_r)    how much may come back
 *   policy_return(p, local, n, domain, m)
 *                             what comes back at this address, whose domain is
 *                             in A-labels: POLICY_RETURN_*, or 0 nothing.  The
 *                             address itself decides, then it without what a
 *                             "+" in its local part begins, then its domain
 *   policy_listeners(p, l_r)  how many; l_r has room for POLICY_LISTENERMAX, in
 *                             the order of the text
 *   policy_certificates(p)    how many there are
 *   policy_certificate(p, i, c_r)
 *                             1 and one of them, 0 there are not so many, -1
 *                             EPROTO
 *   policy_senders(p)         1 if there is any [sender], else 0
 *   policy_sender(p, from_domain, len, s_r)
 *                             1 and what mail From this domain gets: by the
 *                             [sender] of the domain, .suffix from long to
 *                             short, or *, which decides alone.  0 there is
 *                             none, -1 EPROTO.  For the null sender it is not
 *                             asked
 *   policy_keys(p)            1 if there is any [dkim], else 0
 *   policy_signers(p, from_domain, s_r)
 *                             how many sign mail From this domain (lower case,
 *                             A-labels; "" for none), in the order in which
 *                             their signatures are to stand; s_r has room for
 *                             POLICY_SIGNERS.  The [dkim] of the domain or of
 *                             the next above it that has one, and that which
 *                             also= of [signing] names; by DomainKeys only if
 *                             the mail is From there.  0 none, -1 EPROTO
 *   policy_signing(p, s_r)    [signing]; 0, or -1 EPROTO
 *   policy_suppression(p, s_r)
 *                             [suppression]; 0, or -1 EPROTO
 *   policy_dnsbls(p)          how many lists in DNS there are
 *   policy_dnsbl(p, i, d_r)   1 and one of them, 0 there are not so many, -1
 *                             EPROTO
 *   policy_own(p, fn, ctx)    calls fn(ctx, ip, NULL) for each source address of
 *                             the routes, and fn(ctx, NULL, domain) for each
 *                             domain of a [sender] or a [dkim]; the same may
 *                             come several times.  0, or -1 EPROTO
 *   policy_record(p, key, len, data_r, n_r)
 *                             a record of policy.cdb, for who keeps some of
 *                             his own there: 1, 0 there is none, -1 EPROTO.
 *                             It is valid until the next policy_refresh()
 *
 * Domains and hosts are given in lower case, without a trailing dot.  All
 * durations are whole seconds.  No lookup allocates memory; string results are
 * copied into the caller's struct.
 */
#ifndef DRAY_POLICY_H
#define DRAY_POLICY_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#define POLICY_VERSION 24
#define POLICY_NAMEMAX 255 /* host and domain names, RFC 1035 2.3.4 */
#define POLICY_FROMMAX 64 /* octets of a name in front of an address */
#define POLICY_ADDRMAX 32 /* addresses of one static route */
#define POLICY_RETRYMAX 32 /* steps of the retry schedule */
#define POLICY_STREAMMAX 16
#define POLICY_STREAMNAME 32 /* octets of the name of one */
#define POLICY_STREAMUSUAL "regular"
#define POLICY_DNSMAX 2560 /* octets of a list in policy_dns, with its end */
#define POLICY_LABELMAX 64 /* octets of a name that an operator chose */
#define POLICY_SOURCEMAX 64 /* source addresses of one route */
#define POLICY_WARMDAYS 366 /* of one plan */
#define POLICY_QUOTAMAX UINT64_C(10000000000) /* recipients a day */
#define POLICY_LISTENERMAX 16
#define POLICY_TRUSTMAX 32 /* networks that one listener trusts */
#define POLICY_CERTIFICATEMAX 256
#define POLICY_PATHMAX 255 /* octets of the name of a file */
#define POLICY_URLMAX 400 /* octets of a link */
#define POLICY_FEEDBACKMAX 127
#define POLICY_SELECTORMAX 63
#define POLICY_DNSBLMAX 64
#define POLICY_DNSBLCODES 32
#define POLICY_SIGNERS 6
#define POLICY_WHYMAX (POLICY_NAMEMAX + 16)

/* A rate is count and seconds in one number; 0 is no limit. */
#define POLICY_RATE(count, seconds) ((uint64_t)(count) << 32 | (seconds))
#define POLICY_RATE_COUNT(rate) ((uint32_t)((rate) >> 32))
#define POLICY_RATE_SECONDS(rate) ((uint32_t)(rate))

/* policy_limits.family: which addresses of a host, and in which order */
#define POLICY_IPV4_FIRST 0
#define POLICY_IPV6_FIRST 1
#define POLICY_IPV4 2
#define POLICY_IPV6 3

/* policy_limits.tls: STARTTLS (RFC 3207) */
#define POLICY_TLS_OFF 0 /* never */
#define POLICY_TLS_MAY 1 /* where it works, else in the clear */
#define POLICY_TLS_ENCRYPT 2 /* always, with whoever that is */
#define POLICY_TLS_VERIFY 3 /* always, with a valid certificate of that host */

struct streamrule_set;
struct table;

struct policy {
	struct table *table;
	char *path;
	uint64_t generation; /* goes up by one with each policy compiled */
	int refused; /* these three say which file was refused */
	dev_t dev;
	ino_t ino;
	struct timespec ctime;
};

struct policy_queue {
	uint64_t max_message; /* octets of one message */
	uint64_t max_messages; /* messages in the spool */
	uint64_t min_free; /* bytes that must stay free on the disk */
	uint64_t min_inodes; /* inodes that must stay free */
	uint32_t max_recipients; /* of one message */
	uint32_t lifetime; /* seconds until a message expires */
	uint32_t bundle_messages; /* at most so many messages a bundle */
	uint32_t bundle_size; /* octets; a larger message is alone in its */
	uint64_t memory; /* for messages not yet on disk, all clients */
	uint32_t clients; /* connections to the queue socket */
	uint32_t client_timeout; /* seconds without a word inside a message */
	uint8_t built_in_rules; /* are among policy_matches */
};

struct policy_retry {
	unsigned int n;
	uint32_t after[POLICY_RETRYMAX]; /* seconds between attempts */
	uint32_t then; /* and from then on every */
};

/* A kind of mail.  What it does not say itself is 0. */
struct policy_stream {
	char name[POLICY_STREAMNAME + 1];
	uint32_t priority; /* 1 goes first, 100 last */
	uint32_t reserved_lanes; /* percent, for this stream alone */
	uint32_t reserved_rate;
	uint32_t reserved_queue;
	uint32_t lifetime; /* seconds; 0: that of the queue */
	struct policy_retry retry; /* then is 0: that of the node */
	uint8_t suppress_hard; /* these entries of the list count for it */
	uint8_t suppress_soft;
	uint8_t suppress_complaint;
	uint8_t suppress_unsubscribe;
	uint8_t suppress_manual; /* and what was imported */
	uint8_t suppressed_notice; /* its senders are told */
};

/* [suppression]: what comes back makes an entry of this scope */
#define POLICY_SUPPRESS_NOT 0
#define POLICY_SUPPRESS_LIST 1
#define POLICY_SUPPRESS_TENANT 2
#define POLICY_SUPPRESS_ALL 3

struct policy_suppression {
	uint8_t hashed; /* addresses are not written down */
	uint8_t hard, complaint, unsubscribe; /* POLICY_SUPPRESS_* */
	uint32_t soft_count; /* so many make an entry; 0 never */
	uint32_t soft_period; /* within so many seconds */
	uint32_t port; /* of dray-unsub, on 127.0.0.1; 0 none */
};

struct policy_node {
	char hostname[POLICY_NAMEMAX + 1]; /* names this node */
	char domain[POLICY_NAMEMAX + 1]; /* for addresses without one */
	char postmaster[POLICY_NAMEMAX + 66];
};

struct policy_notices {
	uint32_t return_size; /* octets of a message that goes back whole */
	uint8_t delay; /* tell of delays who did not ask for it */
	uint32_t delay_after; /* seconds, for those who did, too */
	uint8_t double_bounces; /* our own that fail go to the postmaster */
	char from_name[POLICY_FROMMAX + 1]; /* for people; may be empty */
	char from[POLICY_NAMEMAX + 66];
};

/* Servers stand in lists as ADDRESS@PORT; names without a trailing dot. */
struct policy_dns {
	uint64_t cache; /* octets that the resolver library may use */
	uint32_t lookups; /* domains that are looked up at a time */
	uint32_t answers; /* that are kept */
	uint32_t timeout; /* seconds until a question is given up */
	uint8_t dnssec; /* validate */
	uint8_t ipv4; /* DNS servers may be reached that way */
	uint8_t ipv6;
	char forwarders[POLICY_DNSMAX]; /* "S S"; "": none, ask the roots */
	char stubs[POLICY_DNSMAX]; /* "ZONE S S ZONE S" */
	char insecure[POLICY_DNSMAX]; /* "ZONE ZONE" */
	char anchors[POLICY_DNSMAX]; /* "RECORD,/FILE"; "": the root's */
};

/* What dray-smtpd bears. */
struct policy_smtpd {
	uint64_t memory; /* for messages under way, all sessions */
	uint32_t processes;
	uint32_t connections; /* at a time */
	uint32_t network; /* of them from one network */
	uint32_t recipients; /* of one message */
	uint32_t errors; /* of one session, then it is ended */
	uint32_t hops; /* Received fields, then it is a loop */
	uint32_t command_timeout; /* seconds for the next command */
	uint32_t data_timeout; /* for more of a message */
	uint32_t message_timeout; /* for a whole message, or without one */
	uint32_t speed; /* octets a second of a message, at least; 0: any */
	uint32_t messages; /* of one session; 0 no limit */
	uint64_t connection_rate; /* of one network: POLICY_RATE, 0 no limit */
	uint64_t message_rate;
	uint64_t recipient_rate;
};

struct policy_net {
	uint8_t family; /* 4 or 6 */
	uint8_t bits;
	uint8_t ip[16]; /* zeroes behind the bits */
};

/* policy_listener.role */
#define POLICY_SUBMISSION 0
#define POLICY_RELAY 1
#define POLICY_ROLE_RETURNS 2

/* Kinds of what comes back. */
#define POLICY_RETURN_BOUNCE 1u
#define POLICY_RETURN_COMPLAINT 2u
#define POLICY_RETURN_UNSUBSCRIBE 3u
#define POLICY_RETURNS 3u

struct policy_returns {
	uint64_t max_message; /* octets of one message */
};

/* policy_listener.tls */
#define POLICY_LISTEN_CLEAR 0
#define POLICY_LISTEN_MAY 1 /* STARTTLS, where there is a certificate */
#define POLICY_LISTEN_REQUIRED 2 /* no mail without it */
#define POLICY_LISTEN_IMPLICIT 3 /* from the first octet, RFC 8314 */

/* A socket on which dray-smtpd listens. */
struct policy_listener {
	char name[POLICY_LABELMAX + 1];
	uint8_t role;
	uint8_t rates; /* those of [smtpd] hold */
	uint8_t tls;
	uint8_t auth; /* users may log in */
	uint8_t family; /* 4 or 6 */
	uint16_t port;
	uint8_t ip[16];
	uint8_t normalise; /* a bare LF of who is trusted becomes CRLF */
	unsigned int ntrust; /* 0: loopback alone is trusted */
	struct policy_net trust[POLICY_TRUSTMAX];
	unsigned int nproxy; /* who begins with a PROXY header */
	struct policy_net proxy[POLICY_TRUSTMAX];
	unsigned int nxclient; /* who may say XCLIENT */
	struct policy_net xclient[POLICY_TRUSTMAX];
};

/* What dray-tlskey reads; relative to the directory etc of the instance. */
struct policy_certificate {
	char name[POLICY_LABELMAX + 1];
	char chain[POLICY_PATHMAX + 1];
	char key[POLICY_PATHMAX + 1];
};

/* [sender DOMAIN]; "": it is not said */
struct policy_sender {
	char name[POLICY_NAMEMAX + 1]; /* of the section that decides */
	char return_path[POLICY_NAMEMAX + 66]; /* a token goes before its @ */
	char unsubscribe_url[POLICY_URLMAX + 1]; /* with {token} */
	char unsubscribe_mailto[POLICY_NAMEMAX + 66];
	char feedback_id[POLICY_FEEDBACKMAX + 1];
	char list_id[POLICY_NAMEMAX + 1];
};

/* policy_signing.without_key: mail From a domain that has no key */
#define POLICY_SIGN_NOT 0 /* leaves unsigned */
#define POLICY_SIGN_ALSO 1 /* is signed by also= alone */
#define POLICY_SIGN_REFUSE 2 /* is not accepted */

struct policy_signing {
	char also[POLICY_NAMEMAX + 1]; /* "": nobody signs all mail */
	uint8_t without_key;
};

/* [dkim DOMAIN] */
struct policy_dkim {
	uint8_t subdomains; /* what is below it is signed as well */
	uint8_t domainkeys; /* RFC 4870, too, with the rsa key */
	char rsa[POLICY_SELECTORMAX + 1]; /* selectors; "": none */
	char ed25519[POLICY_SELECTORMAX + 1];
};

struct policy_signer {
	uint8_t alg; /* SIGN_*, signproto.h */
	char domain[POLICY_NAMEMAX + 1];
	char selector[POLICY_SELECTORMAX + 1];
};

/* What holds over all routes to a provider, or all providers of a route. */
struct policy_total {
	uint32_t connections; /* 0 no limit */
	uint64_t message_rate;
	uint64_t daily_messages;
};

/* Where mail goes; NULL or "" is none. */
struct policy_where {
	const char *domain;
	size_t len;
	const char *route;
	const char *provider;
};

/* For one provider from one source address, where nothing else is said. */
struct policy_limits {
	uint32_t connections; /* at a time */
	uint32_t messages; /* on one connection; 0 no limit */
	uint32_t recipients; /* in one transaction */
	uint32_t depth; /* messages in flight on one connection */
	uint8_t pipelining; /* 0: never, even where it is offered */
	uint8_t chunking;
	uint8_t tls; /* POLICY_TLS_* */
	uint8_t family; /* POLICY_IPV* */
	uint8_t private_addresses; /* those that DNS gives may be private */
	uint32_t port; /* of hosts that DNS gives */
	uint32_t connect; /* timeouts, RFC 5321 4.5.3.2 */
	uint32_t greeting;
	uint32_t ehlo;
	uint32_t starttls; /* until TLS is up */
	uint32_t mail;
	uint32_t rcpt;
	uint32_t data;
	uint32_t block;
	uint32_t dot;
	uint32_t quit;
	uint32_t idle; /* a kept connection without work */
	uint32_t session; /* absolute end of a connection */
	uint32_t backoff_min; /* first sleep of a destination that fails */
	uint32_t backoff_max; /* and the longest */
	uint64_t message_rate; /* rates: POLICY_RATE, 0 no limit */
	uint32_t message_burst; /* 0: as dray-send thinks best */
	uint64_t connection_rate; /* new connections */
	uint64_t byte_rate;
	uint64_t daily_messages; /* 0 no limit */
	uint32_t address_connections; /* to one remote address; 0 no limit */
	uint64_t address_message_rate;
	uint32_t lifetime; /* 0: not said here */
	struct policy_retry
	    retry; /* n, then 0: not said here, each by itself */
	struct policy_total provider_total; /* over all routes */
	struct policy_total route_total; /* over all providers */
};

/* Shares of what the whole node does; 0 no limit. */
struct policy_share {
	uint32_t connections;
	uint64_t message_rate;
	uint32_t message_burst;
	uint64_t daily_messages;
};

/* Shares are in parts of POLICY_WHOLE; 0 never. */
#define POLICY_WHOLE 10000

/* [breaker] */
struct policy_breaker {
	uint8_t enabled;
	uint8_t notice; /* to the postmaster */
	uint32_t sample; /* recipients, before a share means anything */
	uint32_t hard; /* recipients that failed by their own fault */
	uint32_t unknown; /* of these such as do not exist */
	uint32_t spam; /* messages that were taken for spam, or for listed */
	uint32_t complaint_sample; /* recipients */
	uint32_t complaints;
	uint32_t window; /* seconds */
	uint32_t pause; /* seconds; 0 until an operator ends it */
};

/* [tune] */
struct policy_tune {
	uint8_t enabled;
	uint32_t interval; /* seconds between two steps */
	uint32_t refusals; /* share of an interval that is too many */
	uint32_t decrease; /* percent that are left */
	uint32_t increase; /* percent of where it was too fast */
	uint32_t rest; /* seconds before it goes up again */
	uint64_t floor, ceiling; /* POLICY_RATE; 0 none */
	uint32_t listed; /* replies until a source is held */
	uint32_t hold, hold_max, probe; /* seconds */
};

/* How a source gets warm: so many recipients on each day, from the first one on,
 * in days since 1970 (UTC). */
struct policy_warmup {
	char name[POLICY_LABELMAX + 1];
	char overflow[POLICY_LABELMAX + 1]; /* the route of the rest; "" none */
	uint32_t start;
	uint32_t wait; /* seconds that mail may wait for its place */
	unsigned int n; /* days */
	uint64_t quota[POLICY_WARMDAYS];
};

struct policy_addr {
	char host[POLICY_NAMEMAX + 1]; /* as written, for logs */
	uint8_t family; /* 4 or 6 */
	uint16_t port;
	uint8_t ip[16]; /* network order; 4 or 16 used */
};

struct policy_route {
	char name[POLICY_NAMEMAX + 2]; /* the pattern that matched */
	char helo[POLICY_NAMEMAX + 1]; /* "": the node's hostname */
	uint8_t source_family; /* 0: any source address */
	uint8_t source[16];
	char provider[POLICY_LABELMAX + 1]; /* "": none was given */
	unsigned int n; /* 0: by MX */
	struct policy_addr addr[POLICY_ADDRMAX];
};

struct policy_ip {
	uint8_t family; /* 4 or 6 */
	uint8_t ip[16]; /* network order; 4 or 16 used, the rest is 0 */
};

/* [dnsbl ZONE] */
#define POLICY_DNSBL_ADDRESS 0
#define POLICY_DNSBL_DOMAIN 1

struct policy_codes {
	uint32_t from, to; /* IPv4 addresses as numbers */
};

struct policy_dnsbl {
	char zone[POLICY_NAMEMAX + 1];
	uint8_t kind; /* POLICY_DNSBL_*: what is looked up there */
	uint32_t hold; /* seconds that mail from there waits; 0 not */
	unsigned int n; /* what the list says of who is on it */
	struct policy_codes code[POLICY_DNSBLCODES];
};

typedef void policy_own_fn(
    void *ctx, const struct policy_ip *ip, const char *domain);

/* What is known of a domain; nhost and naddr may be 0. */
struct policy_mx {
	const char *domain;
	size_t len;
	unsigned int nhost;
	const char *const *host;
	unsigned int naddr;
	const struct policy_ip *addr;
};

struct policy_source {
	uint8_t family; /* 4 or 6 */
	uint8_t ip[16];
	uint32_t weight; /* 1 to 1000000 */
	char helo[POLICY_NAMEMAX + 1]; /* "": the node's hostname */
};

struct policy_vroute {
	unsigned int n; /* at least 1 */
	struct policy_source source[POLICY_SOURCEMAX];
};

int policy_open(struct policy *p, const char *path)
    __attribute__((warn_unused_result));
int policy_refresh(struct policy *p);
int policy_renew(struct policy *p);
const char *policy_why(int e);
void policy_close(struct policy *p);
void policy_queue(const struct policy *p, struct policy_queue *q_r);
void policy_retry(const struct policy *p, struct policy_retry *r_r);
void policy_node(const struct policy *p, struct policy_node *n_r);
void policy_notices(const struct policy *p, struct policy_notices *n_r);
void policy_dns(const struct policy *p, struct policy_dns *d_r);
unsigned int policy_streams(
    const struct policy *p, struct policy_stream s_r[POLICY_STREAMMAX]);
const struct policy_stream *policy_stream(const struct policy_stream *s,
    unsigned int n, const char *name, size_t len);
const struct policy_stream *policy_stream_usual(
    const struct policy_stream *s, unsigned int n);
struct streamrule_set *policy_matches(const struct policy *p);
void policy_limits(const struct policy *p, const struct policy_where *w,
    struct policy_limits *l_r);
int policy_route(const struct policy *p, const char *domain, size_t len,
    struct policy_route *r_r) __attribute__((warn_unused_result));
int policy_provider(const struct policy *p, const struct policy_mx *m,
    char name_r[POLICY_LABELMAX + 1]);
int policy_provider_why(const struct policy *p, const struct policy_mx *m,
    char name_r[POLICY_LABELMAX + 1], char why_r[POLICY_WHYMAX + 1]);
int policy_provider_named(
    const struct policy *p, const char *name, char name_r[POLICY_LABELMAX + 1]);
int policy_vroute(const struct policy *p, const char *name,
    struct policy_vroute *r_r) __attribute__((warn_unused_result));
int policy_choose(const struct policy *p, const char *stream,
    const char *tenant, const char *sender, char name_r[POLICY_LABELMAX + 1]);
int policy_warmup(const struct policy *p, const char *route,
    const char *provider, const char *source, struct policy_warmup *w_r);
int policy_share(const struct policy *p, char kind, const char *name,
    size_t len, struct policy_share *s_r);
void policy_breaker(const struct policy *p, const char *stream,
    const char *tenant, struct policy_breaker *b_r);
void policy_tune(const struct policy *p, struct policy_tune *t_r);
void policy_smtpd(const struct policy *p, struct policy_smtpd *s_r);
void policy_returns(const struct policy *p, struct policy_returns *r_r);
unsigned int policy_return(const struct policy *p, const char *local, size_t n,
    const char *domain, size_t m);
unsigned int policy_listeners(
    const struct policy *p, struct policy_listener l_r[POLICY_LISTENERMAX]);
unsigned int policy_certificates(const struct policy *p);
int policy_certificate(const struct policy *p, unsigned int i,
    struct policy_certificate *c_r) __attribute__((warn_unused_result));
int policy_senders(const struct policy *p);
int policy_sender(const struct policy *p, const char *from_domain, size_t len,
    struct policy_sender *s_r) __attribute__((warn_unused_result));
int policy_keys(const struct policy *p);
int policy_signers(const struct policy *p, const char *from_domain,
    struct policy_signer s_r[POLICY_SIGNERS])
    __attribute__((warn_unused_result));
int policy_signing(const struct policy *p, struct policy_signing *s_r)
    __attribute__((warn_unused_result));
int policy_suppression(const struct policy *p, struct policy_suppression *s_r)
    __attribute__((warn_unused_result));
unsigned int policy_dnsbls(const struct policy *p);
int policy_dnsbl(const struct policy *p, unsigned int i,
    struct policy_dnsbl *d_r) __attribute__((warn_unused_result));
int policy_own(const struct policy *p, policy_own_fn *fn, void *ctx)
    __attribute__((warn_unused_result));
int policy_record(const struct policy *p, const char *key, size_t len,
    const void **data_r, size_t *n_r) __attribute__((warn_unused_result));

#endif
