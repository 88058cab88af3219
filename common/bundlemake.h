/*
 * bundlemake - writing bundles (the format is in bundle.h).
 *
 * A message is gathered in a struct bundlemake: its fields, its recipients in
 * any order, its stored octets.  The octets are either held in ->body or, for
 * a large message, already in the file at offset BUNDLE_PAGE on, written by
 * the caller (then ->body is empty and ->meta.offset is BUNDLE_PAGE).
 *
 *   bundlemake_init(m)
 *   bundlemake_free(m)
 *   bundlemake_set(m, which, s, len)  copies a string field, BUNDLEMAKE_*
 *   bundlemake_get(m, which, len_r)  where it is, until the next is set
 *   bundlemake_rcpt(m, domain, domain_len, rcpt)  one recipient; the domain in
 *       lower case.  With BUNDLE_MERGE in meta.flags its row goes along, even if
 *       it is empty
 *   bundlemake_memory(m)   octets that it holds
 *   bundlemake_write(fd, id, msgs, n)  writes a whole bundle of n
 *       messages to fd, without syncing.  Offsets and checksums are filled
 *       in; meta.number is the caller's.  0, or -1 with errno (EFBIG: over 4 GiB)
 *
 * A message written in advance must be alone in its bundle.
 */
#ifndef DRAY_BUNDLEMAKE_H
#define DRAY_BUNDLEMAKE_H

#include "common/bundle.h"

enum bundlemake_field {
	BUNDLEMAKE_SENDER,
	BUNDLEMAKE_ENVID,
	BUNDLEMAKE_STREAM,
	BUNDLEMAKE_ROUTE,
	BUNDLEMAKE_TENANT,
	BUNDLEMAKE_CAMPAIGN,
	BUNDLEMAKE_BODYHASH,
	BUNDLEMAKE_WINDOWS,
	BUNDLEMAKE_FIELDS
};

struct bundlemake {
	struct bundle_msg meta; /* numbers; strings stay unused */
	stralloc text; /* the string fields, one behind other */
	uint32_t len[BUNDLEMAKE_FIELDS];
	stralloc body;
	stralloc rcpts; /* as they came */
	uint32_t *at; /* where each begins in rcpts */
	size_t nrcpt, room;
	uint32_t nrun; /* known once written */
};

void bundlemake_init(struct bundlemake *m);
void bundlemake_free(struct bundlemake *m);
void bundlemake_set(struct bundlemake *m, enum bundlemake_field which,
    const char *s, size_t len);
const char *bundlemake_get(
    const struct bundlemake *m, enum bundlemake_field which, size_t *len_r);
void bundlemake_rcpt(struct bundlemake *m, const char *domain,
    size_t domain_len, const struct bundle_rcpt *p);
size_t bundlemake_memory(const struct bundlemake *m);
int bundlemake_write(int fd, const char *id, struct bundlemake *const *msgs,
    size_t n) __attribute__((warn_unused_result));

#endif
