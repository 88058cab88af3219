/*
 * minisign - detached signatures in minisign's format, made and checked.
 *
 * The format is that of minisign 0.11: Ed25519, over the data's BLAKE2b-512
 * ("ED", which is what we make) or over the data itself ("Ed", legacy).  A
 * second signature covers the first and the trusted comment.  A secret key may
 * be locked with a password (scrypt) or not.
 *
 *   minisign_parse_public(k, s, n)
 *                                the text of a public key file, or the key
 *                                alone on a line
 *   minisign_parse_signature(g, s, n)
 *                                the text of a .minisig file
 *   minisign_verify(k, g, data, n)
 *                                0; or -1 with errno ENOKEY another key made
 *                                it, EBADMSG it is not of this data, or
 *                                EKEYREJECTED not with this trusted comment
 *   minisign_parse_secret(l, s, n)
 *                                the text of a secret key file
 *   minisign_unlock(l, password, k_r)
 *                                the secret key.  The password does not matter
 *                                where l->locked is 0.  0; or -1 with errno
 *                                EACCES wrong password (or a damaged key),
 *                                ENOMEM
 *   minisign_sign(k, data, n, comment, text_r)
 *                                the text of a .minisig file, in text_r, which
 *                                has room for MINISIGN_TEXTMAX octets; the
 *                                trusted comment has at most
 *                                MINISIGN_COMMENTMAX octets and no line end
 *   minisign_id(id, d)           the key id as minisign prints it, in up to 17
 *                                octets; returns d
 *
 * What reads text returns 0, or -1 with errno EPROTO: not such a file.  It
 * takes any octets.  An untrusted comment is not looked at, for nobody has
 * signed it.  sodium_init() must have been called.
 */
#ifndef DRAY_POLICY_MINISIGN_H
#define DRAY_POLICY_MINISIGN_H

#include <stddef.h>
#include <stdint.h>

#define MINISIGN_FILEMAX 16384 /* octets of a key or signature file */
#define MINISIGN_COMMENTMAX 8191
#define MINISIGN_TEXTMAX (MINISIGN_COMMENTMAX + 512)

struct minisign_public {
	uint8_t id[8];
	uint8_t key[32];
};

struct minisign_signature {
	int hashed; /* "ED" */
	uint8_t id[8];
	uint8_t sig[64];
	uint8_t global[64];
	char comment[MINISIGN_COMMENTMAX + 1]; /* the trusted one */
};

struct minisign_locked {
	int locked;
	uint8_t raw[158];
};

struct minisign_secret {
	uint8_t id[8];
	uint8_t key[64];
};

int minisign_parse_public(struct minisign_public *k, const char *s, size_t n)
    __attribute__((warn_unused_result));
int minisign_parse_signature(struct minisign_signature *g, const char *s,
    size_t n) __attribute__((warn_unused_result));
int minisign_verify(const struct minisign_public *k,
    const struct minisign_signature *g, const void *data, size_t n)
    __attribute__((warn_unused_result));
int minisign_parse_secret(struct minisign_locked *l, const char *s, size_t n)
    __attribute__((warn_unused_result));
int minisign_unlock(const struct minisign_locked *l, const char *password,
    struct minisign_secret *k_r) __attribute__((warn_unused_result));
void minisign_sign(const struct minisign_secret *k, const void *data, size_t n,
    const char *comment, char *text_r);
char *minisign_id(const uint8_t *id, char *d);

#endif
