/*
 * password - asks for one, and makes a hash of it.
 *
 *   password_ask(d)          from the terminal, without echo and twice, or as
 *                            the first line of standard input; d has room for
 *                            ACCOUNT_PASSWORDMAX + 1 octets.  Dies if it is no
 *                            good one
 *   password_hash(d, s, memory, passes)
 *                            Argon2id; d has room for ACCOUNT_HASHMAX octets
 *   password_likeness(a, b)  1 if two hashes cost the same
 */
#ifndef DRAY_USERS_PASSWORD_H
#define DRAY_USERS_PASSWORD_H

#include <stddef.h>
#include <stdint.h>

void password_ask(char *d);
void password_hash(char *d, const char *s, uint64_t memory, uint64_t passes);
int password_likeness(const char *a, const char *b);

#endif
