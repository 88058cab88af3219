/*
 * token - the word that stands for one recipient of one message, in the address
 * at which it comes back and in the link by which he leaves.  Only who has the
 * keys of the instance can make one, and it tells nobody an address.
 *
 *   token_read_keys(k, s, n)  the text of BASE/keys/token: 0, or -1 it is
 *                       malformed; then k has no keys
 *   token_load_keys(k, path)  the same of a file: 0, or -1 with errno (EPROTO:
 *                       malformed)
 *   token_address(k, local, n, domain, m, d)  what stands for an address, in any
 *                       case (ASCII): who writes it otherwise is meant, too
 *   token_campaign(k, s, n, d)  what stands for the name of a campaign or a list
 *   token_list(k, list_id, s, n, d)  what stands for that which somebody leaves
 *                       who unsubscribes: the list-id of the [sender] of the
 *                       mail, or, that being "", the campaign s
 *   token_owner(k, s, n, d)  what stands for whose mail it is: s is the stream,
 *                       the tenant and the campaign, each with a zero octet
 *                       behind it
 *   token_make(k, t, d) writes TOKEN_LEN characters, and no more, by the first
 *                       key of the text, in the form of t->version.  0, or -1:
 *                       there is no key
 *   token_parse(k, s, n, t_r)  1 if it is one of ours, in any case; else 0
 *
 * It is base32 (RFC 4648 section 6, in lower case) of 25 octets: version and
 * number of the key, four bits each; u32 arrival of the message in seconds
 * since 1970; TOKEN_ADDRESS octets for the address; TOKEN_CAMPAIGN for the
 * campaign; TOKEN_OWNER for whose it is; and in the rest BLAKE2b of all this with
 * the key.  Version 1, which is not made any more, says nothing of the owner.
 *
 * That leaves 48 bits for the MAC: who tries a million tokens a second finds one
 * in nine years, and it stands for nobody.  Several owners may have the same
 * TOKEN_OWNER octets.
 *
 * The text is lines of a word and TOKEN_KEY octets in hexadecimal digits, and
 * comments.  The word is "address", once, for the key by which addresses and
 * campaigns get what stands for them: it never changes, so that a recipient has
 * the same one for ever; or a number from 0 to 15.  The first of these makes
 * tokens, all of them are known; so a new one goes in front, and an old one can
 * go when nothing comes back any more that was sent with it.
 */
#ifndef DRAY_TOKEN_H
#define DRAY_TOKEN_H

#include <stddef.h>
#include <stdint.h>

#define TOKEN_LEN 40
#define TOKEN_KEY 32
#define TOKEN_KEYS 16
#define TOKEN_ADDRESS 8
#define TOKEN_CAMPAIGN 4
#define TOKEN_OWNER 2
#define TOKEN_VERSION 2
#define TOKEN_FILEMAX 4096 /* octets of the text */

struct token_keys {
	int first; /* -1: there are none */
	uint16_t have; /* a bit for each */
	unsigned char address[TOKEN_KEY];
	unsigned char key[TOKEN_KEYS][TOKEN_KEY];
};

struct token {
	uint32_t arrival;
	uint16_t version; /* 1: owner is not known, and zero */
	unsigned char owner[TOKEN_OWNER];
	unsigned char address[TOKEN_ADDRESS];
	unsigned char campaign[TOKEN_CAMPAIGN];
};

int token_read_keys(struct token_keys *k, const char *s, size_t n)
    __attribute__((warn_unused_result));
int token_load_keys(struct token_keys *k, const char *path)
    __attribute__((warn_unused_result));
void token_address(const struct token_keys *k, const char *local, size_t n,
    const char *domain, size_t m, unsigned char d[TOKEN_ADDRESS]);
void token_campaign(const struct token_keys *k, const char *s, size_t n,
    unsigned char d[TOKEN_CAMPAIGN]);
void token_list(const struct token_keys *k, const char *list_id, const char *s,
    size_t n, unsigned char d[TOKEN_CAMPAIGN]);
void token_owner(const struct token_keys *k, const char *s, size_t n,
    unsigned char d[TOKEN_OWNER]);
int token_make(const struct token_keys *k, const struct token *t,
    char d[TOKEN_LEN]) __attribute__((warn_unused_result));
int token_parse(const struct token_keys *k, const char *s, size_t n,
    struct token *t_r) __attribute__((warn_unused_result));

#endif
