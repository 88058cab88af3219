/*
 * suppress - who gets no mail any more: the suppression list of an instance,
 * BASE/suppress, dray-suppress(8).
 *
 * It is a table, suppress.cdb, and two journals of which one is appended to;
 * what stands in them goes over the table.  Any program that has the directory
 * open may append, and whoever looks up follows.  Programs that change the
 * table: dray-suppress alone.
 *
 * An address stands there by its keyed hash, which is that of tokens (token.h);
 * so what is known of somebody from a token alone has a place, too.  The address
 * itself stands beside it, unless only hashes are to be kept.  A list is a
 * List-Id or, without one, a campaign, likewise.
 *
 *   suppress_open(dirfd, flags)   the list in an open directory, which stays the
 *                       caller's and open; an empty one if there is nothing.
 *                       NULL with errno
 *   suppress_close(s)
 *   suppress_watch(path)          a descriptor that can be read when something
 *                       changed in that directory; dir_watch_clear (dir.h)
 *   suppress_refresh(s)           looks for what was added since, without
 *                       waiting: 1 something, 0 nothing, -1 errno: what was
 *                       there stays in force
 *   suppress_empty(s)             1 if nobody is on the list
 *   suppress_lookup(s, q, e_r)    1 and an entry that counts for this mail; 0
 *                       none; -1 EPROTO.  q->reasons has a bit for each reason
 *                       that counts
 *   suppress_each(s, d, fn, arg)  calls fn(arg, e) for each entry of an address,
 *                       until it returns something else than 0, which it
 *                       returns
 *   suppress_walk(s, fn, arg)     the same for all entries of all addresses
 *   suppress_append(s, op, e)     '+' adds an entry, '-' takes away those that
 *                       are like it, for which reason and scope may be
 *                       SUPPRESS_ANY.  1, 0 there was nothing to do, -1 errno.
 *                       It waits for the disk, and while the journals are
 *                       changed over, some milliseconds.  It is in force for
 *                       everybody who follows, and not yet synced
 *   suppress_sync(s)              what was appended is durable: 0, -1 errno
 *
 *   suppress_address(e, k, s, n)  whom e is about, by an address in any form
 *                       (lower case and A-labels are made here); 0, or -1 errno
 *                       as addr_split()
 *   suppress_scope(e, k, scope, s, n)  what e is about; 0, or -1 EINVAL: no name
 *                       of a tenant, list or stream
 *   suppress_mask(st)             the reasons that count for mail of a stream of
 *                       the policy
 *   suppress_put(sa, e)           the member "suppression" of an event, dray-log(5)
 *   suppress_reason(s, n), suppress_reason_name(i)
 *                       the number of a reason or -1; its name
 *
 * What an appender lost on its way, by a full disk or by the loss of power, is a
 * line that is torn; it is passed over.
 *
 * Limits: a table has 4 GiB, room for 50 million addresses of 40 octets, or 100
 * million of which only the hash is kept.  The journals are held in memory.
 */
#ifndef DRAY_SUPPRESS_H
#define DRAY_SUPPRESS_H

#include <stddef.h>
#include <stdint.h>

#include <skalibs/stralloc.h>

#include "common/addr.h"
#include "common/policy.h"
#include "common/token.h"

#define SUPPRESS_NAMEMAX 253
#define SUPPRESS_NOTEMAX 200
#define SUPPRESS_TABLE "suppress.cdb"
#define SUPPRESS_ANY 255

/* They stand in files: new ones go to the end. */
enum suppress_reason {
	SUPPRESS_HARD,
	SUPPRESS_SOFT,
	SUPPRESS_COMPLAINT,
	SUPPRESS_UNSUBSCRIBE,
	SUPPRESS_MANUAL,
	SUPPRESS_IMPORT,
	SUPPRESS_REASONS
};
#define SUPPRESS_BIT(reason) (1u << (reason))
#define SUPPRESS_ALL ((1u << SUPPRESS_REASONS) - 1)

enum suppress_scope {
	SUPPRESS_EVERYWHERE,
	SUPPRESS_TENANT,
	SUPPRESS_LIST,
	SUPPRESS_STREAM,
	SUPPRESS_SCOPES
};

struct suppress_entry {
	uint8_t reason;
	uint8_t scope;
	uint32_t time; /* seconds since 1970 */
	unsigned char address[TOKEN_ADDRESS];
	unsigned char list[TOKEN_CAMPAIGN]; /* of SUPPRESS_LIST */
	char text[ADDR_MAX + 1]; /* the address; "": only its hash is known */
	char name[SUPPRESS_NAMEMAX + 1]; /* of the scope; "": not known */
	char note[SUPPRESS_NOTEMAX + 1];
};

/* Mail that wants to leave. */
struct suppress_query {
	unsigned char address[TOKEN_ADDRESS];
	unsigned char list[TOKEN_CAMPAIGN];
	const char *tenant, *stream;
	size_t tenant_len, stream_len;
	unsigned int reasons;
};

#define SUPPRESS_WRITE 1 /* suppress_append() will be used */
#define SUPPRESS_MAKE 2 /* makes the journals if there are none */
#define SUPPRESS_HASHED 4 /* no address is written down */

struct suppress;
typedef int suppress_fn(void *arg, const struct suppress_entry *e);

struct suppress *suppress_open(int dirfd, unsigned int flags);
void suppress_close(struct suppress *s);
int suppress_watch(const char *path);
int suppress_refresh(struct suppress *s);
int suppress_empty(const struct suppress *s);
int suppress_lookup(const struct suppress *s, const struct suppress_query *q,
    struct suppress_entry *e_r) __attribute__((warn_unused_result));
int suppress_each(const struct suppress *s,
    const unsigned char address[TOKEN_ADDRESS], suppress_fn *fn, void *arg);
int suppress_walk(struct suppress *s, suppress_fn *fn, void *arg)
    __attribute__((warn_unused_result));
int suppress_append(struct suppress *s, char op, const struct suppress_entry *e)
    __attribute__((warn_unused_result));
int suppress_sync(struct suppress *s) __attribute__((warn_unused_result));

int suppress_address(struct suppress_entry *e, const struct token_keys *k,
    const char *s, size_t n) __attribute__((warn_unused_result));
int suppress_scope(struct suppress_entry *e, const struct token_keys *k,
    enum suppress_scope scope, const char *s, size_t n)
    __attribute__((warn_unused_result));
void suppress_put(stralloc *sa, const struct suppress_entry *e);
unsigned int suppress_mask(const struct policy_stream *st);
int suppress_reason(const char *s, size_t n);
const char *suppress_reason_name(unsigned int reason);

#endif
