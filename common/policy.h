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
 * The structs, and what their numbers mean, are in policyparts.h.
 *
 *   policy_open(p, path)      0, or -1 with errno (EPROTO: not a policy of
 *                             this version)
 *   policy_refresh(p)         1 a newer one is in force, 0 nothing changed,
 *                             -1 errno: the old one stays.  A file that is no
 *                             policy (EPROTO) is reported once, other errors
 *                             each time
 *   policy_why(e)             after either, in words for their errno
 *   policy_start(p, base)     policy_open() of a daemon, by its base directory,
 *                             which dies (100) if there is none
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

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "common/policyparts.h"

#define POLICY_VERSION 25

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

typedef void policy_own_fn(
    void *ctx, const struct policy_ip *ip, const char *domain);

int policy_open(struct policy *p, const char *path)
    __attribute__((warn_unused_result));
int policy_refresh(struct policy *p);
void policy_start(struct policy *p, const char *base);
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
