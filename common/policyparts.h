/*
 * policyparts - what policy.cdb says, as structs and numbers: what the functions
 * of policy.h fill.  In this order: the node, its queue and its streams; what
 * dray-smtpd and dray-tlskey ask for; whose mail it is, and who signs it; how
 * fast it goes, and when it is held; where it goes.
 *
 * Strings end with a 0 and are short enough for their place; times are whole
 * seconds.
 */
#ifndef DRAY_POLICYPARTS_H
#define DRAY_POLICYPARTS_H

#include <stddef.h>
#include <stdint.h>

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
	uint32_t greylisted; /* longest wait after greylisting; 0: as retry */
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

#endif
