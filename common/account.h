/*
 * account - a user who may send mail after logging in, and what he may do: a
 * record of auth/users.cdb, made by dray-users(8) and read by dray-auth(8).
 *
 * Its key is ACCOUNT_KEY and the name.  Under ACCOUNT_NOBODY there is the hash
 * of a password that nobody knows: it is checked for users who do not exist, so
 * that they cost as much time as others.
 *
 *   account_pack(sa, a)      appends a record
 *   account_unpack(a, s, n)  0, or -1: it is none
 *   account_put(sa, a)       appends what he may do: all but the hash
 *   account_get(r, a)        reads that; the reader r is bad if it is none
 *   account_name_ok(s, n)    1 if it may be the name of a user: 1 to
 *                            ACCOUNT_NAMEMAX printable characters of ASCII, no
 *                            blank
 *   account_password_ok(s, n)  1 if it may be a password: 1 to
 *                            ACCOUNT_PASSWORDMAX octets, no control character
 */
#ifndef DRAY_ACCOUNT_H
#define DRAY_ACCOUNT_H

#include <stddef.h>
#include <stdint.h>

#include <skalibs/stralloc.h>

#include "common/field.h"
#include "common/settings.h"

#define ACCOUNT_FILE "users.cdb" /* in auth/ */
#define ACCOUNT_KEY "u"
#define ACCOUNT_NOBODY "-"
#define ACCOUNT_NAMEMAX 128
#define ACCOUNT_PASSWORDMAX 255
#define ACCOUNT_HASHMAX 128 /* with its end; crypto_pwhash_STRBYTES */
#define ACCOUNT_DOMAINSMAX 1024
#define ACCOUNT_MEMORYMAX (256u << 20) /* octets that one hash may take */

struct account {
	char hash[ACCOUNT_HASHMAX];
	uint8_t control; /* 1: X-Dray fields of his are honoured */
	uint32_t recipients; /* of a message at most; 0: as policy says */
	uint64_t quota; /* messages a day; 0: no limit */
	uint64_t rate; /* POLICY_RATE; 0: no limit */
	char stream[SETTINGS_MAX + 1]; /* "": none of these */
	char route[SETTINGS_MAX + 1];
	char tenant[SETTINGS_MAX + 1];
	char domains[ACCOUNT_DOMAINSMAX + 1]; /* patterns, blanks between */
};

void account_pack(stralloc *sa, const struct account *a);
int account_unpack(struct account *a, const void *s, size_t n)
    __attribute__((warn_unused_result));
void account_put(stralloc *sa, const struct account *a);
void account_get(struct field *r, struct account *a);
int account_name_ok(const char *s, size_t n);
int account_password_ok(const char *s, size_t n);

#endif
