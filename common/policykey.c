#include <string.h>

#include "common/policy.h"
#include "common/policykey.h"

#define K UINT64_C(1024)
#define M (1024 * K)
#define G (1024 * M)
#define MIN UINT64_C(60)
#define HOUR (60 * MIN)
#define DAY (24 * HOUR)

#define AT(type, member) \
	offsetof(struct type, member), sizeof(((struct type *)0)->member)
#define QUEUE(member) AT(policy_queue, member)
#define LIMITS(member) AT(policy_limits, member)
#define TOTAL(member) AT(policy_total, member)
#define SHARE(member) AT(policy_share, member)
#define NOTICES(member) AT(policy_notices, member)
#define DNS(member) AT(policy_dns, member)
#define STREAM(member) AT(policy_stream, member)
#define SMTPD(member) AT(policy_smtpd, member)
#define RETURNS(member) AT(policy_returns, member)
#define SUPPRESSION(member) AT(policy_suppression, member)
#define DKIM(member) AT(policy_dkim, member)
#define SIGNING(member) AT(policy_signing, member)
#define BREAKER(member) AT(policy_breaker, member)
#define TUNE(member) AT(policy_tune, member)
#define NUMBER POLICYKEY_NUMBER
#define SIZE POLICYKEY_SIZE
#define TIME POLICYKEY_DURATION
#define YESNO POLICYKEY_YESNO
#define PERCENT POLICYKEY_PERCENT
#define PART POLICYKEY_SHARE
#define WORD POLICYKEY_WORD
#define RATE POLICYKEY_RATE
#define BYTES POLICYKEY_BYTERATE
#define COUNT_MAX UINT32_MAX

static const char *const families[] = { "ipv4-first", "ipv6-first", "ipv4",
	"ipv6" };
static const char *const tls_words[] = { "off", "may", "encrypt", "verify" };
static const char *const without_words[] = { "unsigned", "also", "refuse" };
static const char *const suppress_words[] = { "no", "list", "tenant",
	"everywhere" };

_Static_assert(POLICY_IPV4_FIRST == 0 && POLICY_IPV6 == 3, "families");
_Static_assert(POLICY_TLS_OFF == 0 && POLICY_TLS_VERIFY == 3, "tls_words");

/* clang-format off */
static const struct policykey queue_keys[] = {
/*  key                 kind    member                  default   min   max */
  { "max-message-size", SIZE,   QUEUE(max_message),     50 * M,   K,    G, NULL },
  { "max-messages",     NUMBER, QUEUE(max_messages),    10000000, 1,    1000000000, NULL },
  { "max-recipients",   NUMBER, QUEUE(max_recipients),  100000,   1,    10000000, NULL },
  { "min-free-space",   SIZE,   QUEUE(min_free),        256 * M,  0,    1024 * G, NULL },
  { "min-free-inodes",  NUMBER, QUEUE(min_inodes),      10000,    0,    1000000000, NULL },
  { "lifetime",         TIME,   QUEUE(lifetime),        5 * DAY,  1,    365 * DAY, NULL },
  { "bundle-messages",  NUMBER, QUEUE(bundle_messages), 1000,     1,    100000, NULL },
  { "bundle-size",      SIZE,   QUEUE(bundle_size),     4 * M,    4 * K, G, NULL },
  { "memory",           SIZE,   QUEUE(memory),          256 * M,  M,    1024 * G, NULL },
  { "clients",          NUMBER, QUEUE(clients),         1000,     1,    100000, NULL },
  { "client-timeout",   TIME,   QUEUE(client_timeout),  5 * MIN,  1,    DAY, NULL },
  { "built-in-rules",   YESNO,  QUEUE(built_in_rules),  1,        0,    1, NULL },
};

static const struct policykey limits_keys[] = {
/*  key                       kind    member               default  min max */
  { "connections",            NUMBER, LIMITS(connections), 20,       1, 10000, NULL },
  { "messages-per-connection", NUMBER, LIMITS(messages),   1000,     0, 1000000, NULL },
  { "recipients-per-message", NUMBER, LIMITS(recipients),  50,       1, 10000, NULL },
  { "depth",                  NUMBER, LIMITS(depth),       4,        1, 100, NULL },
  { "pipelining",             YESNO,  LIMITS(pipelining),  1,        0, 1, NULL },
  { "chunking",               YESNO,  LIMITS(chunking),    1,        0, 1, NULL },
  { "tls",                    WORD,   LIMITS(tls),         1,        0, 3, tls_words },
  { "address-family",         WORD,   LIMITS(family),      0,        0, 3, families },
  { "private-addresses",      YESNO,  LIMITS(private_addresses), 0,  0, 1, NULL },
  { "port",                   NUMBER, LIMITS(port),        25,       1, 65535, NULL },
  { "connect-timeout",        TIME,   LIMITS(connect),     30,       1, DAY, NULL },
  { "greeting-timeout",       TIME,   LIMITS(greeting),    5 * MIN,  1, DAY, NULL },
  { "ehlo-timeout",           TIME,   LIMITS(ehlo),        5 * MIN,  1, DAY, NULL },
  { "starttls-timeout",       TIME,   LIMITS(starttls),    MIN,      1, DAY, NULL },
  { "mail-timeout",           TIME,   LIMITS(mail),        5 * MIN,  1, DAY, NULL },
  { "rcpt-timeout",           TIME,   LIMITS(rcpt),        5 * MIN,  1, DAY, NULL },
  { "data-timeout",           TIME,   LIMITS(data),        2 * MIN,  1, DAY, NULL },
  { "block-timeout",          TIME,   LIMITS(block),       3 * MIN,  1, DAY, NULL },
  { "dot-timeout",            TIME,   LIMITS(dot),         10 * MIN, 1, DAY, NULL },
  { "quit-timeout",           TIME,   LIMITS(quit),        5,        1, DAY, NULL },
  { "idle-timeout",           TIME,   LIMITS(idle),        5,        1, DAY, NULL },
  { "session-timeout",        TIME,   LIMITS(session),     HOUR,     1, 7 * DAY, NULL },
  { "backoff-min",            TIME,   LIMITS(backoff_min), MIN,      1, DAY, NULL },
  { "backoff-max",            TIME,   LIMITS(backoff_max), HOUR,     1, 7 * DAY, NULL },
  { "message-rate",           RATE,   LIMITS(message_rate), 0,       1, 10000000, NULL },
  { "message-burst",          NUMBER, LIMITS(message_burst), 0,      0, 10000000, NULL },
  { "connection-rate",        RATE,   LIMITS(connection_rate), 0,    1, 10000000, NULL },
  { "byte-rate",              BYTES,  LIMITS(byte_rate),   0,        1, COUNT_MAX, NULL },
  { "daily-messages",         NUMBER, LIMITS(daily_messages), 0,     0, 10000000000, NULL },
  { "address-connections",    NUMBER, LIMITS(address_connections), 0, 0, 10000, NULL },
  { "address-message-rate",   RATE,   LIMITS(address_message_rate), 0, 1, 10000000, NULL },
  { "lifetime",               TIME,   LIMITS(lifetime),    0,        0, 365 * DAY, NULL },
  { "retry-greylisted",       TIME,   LIMITS(greylisted), 10 * MIN, 0, 30 * DAY, NULL },
  { "retry-then",             TIME,   LIMITS(retry.then),  0,        0, 30 * DAY, NULL },
};

static const struct policykey total_keys[] = {
/*  key                 kind    member               default min max */
  { "total-connections",  NUMBER, TOTAL(connections),  0,      0, 100000, NULL },
  { "total-message-rate", RATE,   TOTAL(message_rate), 0,      1, 10000000, NULL },
  { "total-daily-messages", NUMBER, TOTAL(daily_messages), 0,  0, 10000000000, NULL },
};

static const struct policykey share_keys[] = {
/*  key               kind    member                 default min max */
  { "connections",    NUMBER, SHARE(connections),    0,      0, 100000, NULL },
  { "message-rate",   RATE,   SHARE(message_rate),   0,      1, 10000000, NULL },
  { "message-burst",  NUMBER, SHARE(message_burst),  0,      0, 10000000, NULL },
  { "daily-messages", NUMBER, SHARE(daily_messages), 0,      0, 10000000000, NULL },
};

static const struct policykey notices_keys[] = {
/*  key                kind   member                    default  min max */
  { "return-size",     SIZE,  NOTICES(return_size),     64 * K,  0,  M, NULL },
  { "delay",           YESNO, NOTICES(delay),           0,       0,  1, NULL },
  { "delay-after",     TIME,  NOTICES(delay_after),     4 * HOUR, 1, 30 * DAY, NULL },
  { "double-bounces",  YESNO, NOTICES(double_bounces),  1,       0,  1, NULL },
};

static const struct policykey dns_keys[] = {
/*  key                kind    member        default  min max */
  { "dnssec",          YESNO,  DNS(dnssec),  1,       0,  1, NULL },
  { "ipv4",            YESNO,  DNS(ipv4),    1,       0,  1, NULL },
  { "ipv6",            YESNO,  DNS(ipv6),    1,       0,  1, NULL },
  { "timeout",         TIME,   DNS(timeout), 20,      1,  5 * MIN, NULL },
  { "lookups",         NUMBER, DNS(lookups), 1000,    1,  10000, NULL },
  { "answers",         NUMBER, DNS(answers), 200000,  0,  10000000, NULL },
  { "cache-size",      SIZE,   DNS(cache),   64 * M,  M,  64 * G, NULL },
};

static const struct policykey stream_keys[] = {
/*  key                kind     member                   default  min max */
  { "priority",        NUMBER,  STREAM(priority),        2,       1,  100, NULL },
  { "reserved-lanes",  PERCENT, STREAM(reserved_lanes),  0,       0,  90, NULL },
  { "reserved-rate",   PERCENT, STREAM(reserved_rate),   0,       0,  90, NULL },
  { "reserved-queue",  PERCENT, STREAM(reserved_queue),  0,       0,  90, NULL },
  { "lifetime",        TIME,    STREAM(lifetime),        0,       0,  365 * DAY, NULL },
  { "suppress-hard",   YESNO,   STREAM(suppress_hard),   1,       0,  1, NULL },
  { "suppress-soft",   YESNO,   STREAM(suppress_soft),   1,       0,  1, NULL },
  { "suppress-complaint", YESNO, STREAM(suppress_complaint), 1,   0,  1, NULL },
  { "suppress-unsubscribe", YESNO, STREAM(suppress_unsubscribe), 1, 0, 1, NULL },
  { "suppress-manual", YESNO,   STREAM(suppress_manual), 1,       0,  1, NULL },
  { "suppressed-notice", YESNO, STREAM(suppressed_notice), 1,     0,  1, NULL },
};

static const struct policykey smtpd_keys[] = {
/*  key                    kind    member                  default  min  max */
  { "connections",         NUMBER, SMTPD(connections),     10000,   1,   100000, NULL },
  { "network-connections", NUMBER, SMTPD(network),         1000,    1,   100000, NULL },
  { "recipients",          NUMBER, SMTPD(recipients),      1000,    100, 100000, NULL },
  { "errors",              NUMBER, SMTPD(errors),          20,      1,   10000, NULL },
  { "hops",                NUMBER, SMTPD(hops),            50,      1,   1000, NULL },
  { "command-timeout",     TIME,   SMTPD(command_timeout), 5 * MIN, 1,   DAY, NULL },
  { "data-timeout",        TIME,   SMTPD(data_timeout),    3 * MIN, 1,   DAY, NULL },
  { "message-timeout",     TIME,   SMTPD(message_timeout), HOUR,    1,   DAY, NULL },
  { "memory",              SIZE,   SMTPD(memory),          64 * M,  M,   1024 * G, NULL },
  { "minimal-speed",       SIZE,   SMTPD(speed),           64,      0,   M, NULL },
  { "session-messages",    NUMBER, SMTPD(messages),        0,       0,   100000000, NULL },
  { "network-connection-rate", RATE, SMTPD(connection_rate), 0,     1,   10000000, NULL },
  { "network-message-rate", RATE,  SMTPD(message_rate),    0,       1,   10000000, NULL },
  { "processes",           NUMBER, SMTPD(processes),       1,       1,   16, NULL },
  { "network-recipient-rate", RATE, SMTPD(recipient_rate), 0,       1,   10000000, NULL },
};

static const struct policykey returns_keys[] = {
/*  key                 kind  member                default min max */
  { "max-message-size", SIZE, RETURNS(max_message), 10 * M, K,  G, NULL },
};

static const struct policykey suppression_keys[] = {
/*  key            kind    member                    default                 min max */
  { "hashed",      YESNO,  SUPPRESSION(hashed),      0,                      0,  1, NULL },
  { "hard",        WORD,   SUPPRESSION(hard),        POLICY_SUPPRESS_ALL,    0,  3, suppress_words },
  { "complaint",   WORD,   SUPPRESSION(complaint),   POLICY_SUPPRESS_ALL,    0,  3, suppress_words },
  { "unsubscribe", WORD,   SUPPRESSION(unsubscribe), POLICY_SUPPRESS_LIST,   0,  3, suppress_words },
  { "soft-count",  NUMBER, SUPPRESSION(soft_count),  5,                      0,  1000, NULL },
  { "soft-period", TIME,   SUPPRESSION(soft_period), 14 * DAY,               HOUR, 365 * DAY, NULL },
  { "unsubscribe-port", NUMBER, SUPPRESSION(port),   0,                      0,  65535, NULL },
};

static const struct policykey dkim_keys[] = {
/*  key           kind   member             default min max */
  { "subdomains", YESNO, DKIM(subdomains),  1,      0,  1, NULL },
  { "domainkeys", YESNO, DKIM(domainkeys),  0,      0,  1, NULL },
};

static const struct policykey signing_keys[] = {
/*  key            kind  member                default          min max */
  { "without-key", WORD, SIGNING(without_key), POLICY_SIGN_NOT, 0,  2, without_words },
};

static const struct policykey breaker_keys[] = {
/*  key                kind    member                     default min max */
  { "enabled",         YESNO,  BREAKER(enabled),          1,     0, 1, NULL },
  { "sample",          NUMBER, BREAKER(sample),           200,   1, 1000000, NULL },
  { "hard-bounces",    PART,   BREAKER(hard),             1000,  0, 10000, NULL },
  { "unknown-users",   PART,   BREAKER(unknown),          1000,  0, 10000, NULL },
  { "spam-blocks",     PART,   BREAKER(spam),             1000,  0, 10000, NULL },
  { "complaint-sample", NUMBER, BREAKER(complaint_sample), 1000, 1, 1000000, NULL },
  { "complaints",      PART,   BREAKER(complaints),       30,    0, 10000, NULL },
  { "window",          TIME,   BREAKER(window),           DAY,   MIN, 30 * DAY, NULL },
  { "pause",           TIME,   BREAKER(pause),            0,     0, 30 * DAY, NULL },
  { "notice",          YESNO,  BREAKER(notice),           1,     0, 1, NULL },
};

static const struct policykey tune_keys[] = {
/*  key              kind     member               default min max */
  { "enabled",       YESNO,   TUNE(enabled),       1,      0, 1, NULL },
  { "interval",      TIME,    TUNE(interval),      2,      1, HOUR, NULL },
  { "refusals",      PART,    TUNE(refusals),      100,    0, 10000, NULL },
  { "decrease",      PERCENT, TUNE(decrease),      70,     1, 99, NULL },
  { "increase",      PERCENT, TUNE(increase),      5,      1, 100, NULL },
  { "rest",          TIME,    TUNE(rest),          10,     1, DAY, NULL },
  { "floor",         RATE,    TUNE(floor),         POLICY_RATE(1, 60), 1, 10000000, NULL },
  { "ceiling",       RATE,    TUNE(ceiling),       0,      1, 10000000, NULL },
  { "listed",        NUMBER,  TUNE(listed),        3,      1, 1000000, NULL },
  { "hold",          TIME,    TUNE(hold),          15 * MIN, 1, 7 * DAY, NULL },
  { "hold-max",      TIME,    TUNE(hold_max),      4 * HOUR, 1, 30 * DAY, NULL },
  { "probe",         TIME,    TUNE(probe),         MIN,    1, DAY, NULL },
};
/* clang-format on */

#define COUNT(a) (sizeof(a) / sizeof *(a))
_Static_assert(COUNT(queue_keys) == POLICYKEY_QUEUE_N, "queue keys");
_Static_assert(COUNT(limits_keys) == POLICYKEY_LIMITS_N, "limits keys");
_Static_assert(COUNT(total_keys) == POLICYKEY_TOTAL_N, "total keys");
_Static_assert(COUNT(share_keys) == POLICYKEY_SHARE_N, "share keys");
_Static_assert(COUNT(notices_keys) == POLICYKEY_NOTICES_N, "notices keys");
_Static_assert(COUNT(dns_keys) == POLICYKEY_DNS_N, "dns keys");
_Static_assert(COUNT(stream_keys) == POLICYKEY_STREAM_N, "stream keys");
_Static_assert(COUNT(smtpd_keys) == POLICYKEY_SMTPD_N, "smtpd keys");
_Static_assert(
    COUNT(suppression_keys) == POLICYKEY_SUPPRESSION_N, "suppression keys");
_Static_assert(COUNT(returns_keys) == POLICYKEY_RETURNS_N, "returns keys");
_Static_assert(COUNT(breaker_keys) == POLICYKEY_BREAKER_N, "breaker keys");
_Static_assert(COUNT(tune_keys) == POLICYKEY_TUNE_N, "tune keys");

const struct policykey_group policykey_queue = {
	queue_keys,
	POLICYKEY_QUEUE_N,
};
const struct policykey_group policykey_limits = {
	limits_keys,
	POLICYKEY_LIMITS_N,
};
const struct policykey_group policykey_total = {
	total_keys,
	POLICYKEY_TOTAL_N,
};
const struct policykey_group policykey_share = {
	share_keys,
	POLICYKEY_SHARE_N,
};
const struct policykey_group policykey_notices = {
	notices_keys,
	POLICYKEY_NOTICES_N,
};
const struct policykey_group policykey_dns = {
	dns_keys,
	POLICYKEY_DNS_N,
};
const struct policykey_group policykey_stream = {
	stream_keys,
	POLICYKEY_STREAM_N,
};
const struct policykey_group policykey_smtpd = {
	smtpd_keys,
	POLICYKEY_SMTPD_N,
};
const struct policykey_group policykey_returns = {
	returns_keys,
	POLICYKEY_RETURNS_N,
};
const struct policykey_group policykey_suppression = {
	suppression_keys,
	POLICYKEY_SUPPRESSION_N,
};
const struct policykey_group policykey_dkim = {
	dkim_keys,
	POLICYKEY_DKIM_N,
};
const struct policykey_group policykey_signing = {
	signing_keys,
	POLICYKEY_SIGNING_N,
};
const struct policykey_group policykey_breaker = {
	breaker_keys,
	POLICYKEY_BREAKER_N,
};
const struct policykey_group policykey_tune = {
	tune_keys,
	POLICYKEY_TUNE_N,
};

uint64_t
policykey_get(const struct policykey *k, const void *s)
{
	const unsigned char *p = (const unsigned char *)s + k->offset;
	uint32_t v32;
	uint64_t v64;

	if (k->width == 1)
		return *p;
	if (k->width == sizeof v32) {
		memcpy(&v32, p, sizeof v32);
		return v32;
	}
	memcpy(&v64, p, sizeof v64);
	return v64;
}

void
policykey_set(const struct policykey *k, void *s, uint64_t v)
{
	unsigned char *p = (unsigned char *)s + k->offset;
	uint32_t v32 = (uint32_t)v;

	if (k->width == 1)
		*p = (unsigned char)v;
	else if (k->width == sizeof v32)
		memcpy(p, &v32, sizeof v32);
	else
		memcpy(p, &v, sizeof v);
}

static int
rate_ok(const struct policykey *k, uint64_t v)
{
	uint64_t count = POLICY_RATE_COUNT(v), seconds = POLICY_RATE_SECONDS(v);

	return v == 0 ||
	    (count >= k->min && count <= k->max && seconds >= 1 &&
		seconds <= POLICYKEY_SECONDS_MAX);
}

int
policykey_ok(const struct policykey *k, uint64_t v)
{
	if (k->kind == POLICYKEY_RATE || k->kind == POLICYKEY_BYTERATE)
		return rate_ok(k, v);
	return v >= k->min && v <= k->max;
}

int
policykey_find(const struct policykey_group *g, const char *name)
{
	int i;

	for (i = 0; i < g->n; i++)
		if (strcmp(g->key[i].name, name) == 0)
			return i;
	return -1;
}

int
policykey_same(const struct policykey_group *g, const void *a, const void *b)
{
	const struct policykey *k;

	for (k = g->key; k < g->key + g->n; k++)
		if (policykey_get(k, a) != policykey_get(k, b))
			return 0;
	return 1;
}

void
policykey_defaults(const struct policykey_group *g, void *s)
{
	int i;

	for (i = 0; i < g->n; i++)
		policykey_set(&g->key[i], s, g->key[i].value);
}
