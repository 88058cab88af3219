/*
 * signproto - what dray-remote asks dray-sign: signatures by keys that it never
 * sees.
 *
 * dray-sign listens on BASE/sock/sign, for clients of its own group only.
 * Frames as in frame.h, fields as in field.h, in the order given; "str" is a
 * string of at most so many octets.
 *
 * client to dray-sign, as many as it likes without waiting
 *
 *   'S' SIGN: u32 number (the client's), u8 algorithm (SIGN_*), str SIGN_DOMAINMAX
 *       domain, str SIGN_SELECTORMAX selector (both in lower case), str
 *       SIGN_DIGESTMAX digest, of the length that the algorithm has
 *
 * dray-sign to client, in any order
 *
 *   'S' SIGNED: u32 number, str SIGN_SIGMAX signature.  It is empty when there is
 *       no such key, or one of another kind
 *
 * The keys are those of BASE/keys/DOMAIN/SELECTOR.pem.  What is signed is a
 * digest, whose length is that of its algorithm, so no client can have a key do
 * anything but make signatures: an RSA key decrypts nothing.
 *
 * A client that has more than SIGN_AHEAD requests without an answer is not read
 * from until it has fewer.
 */
#ifndef DRAY_SIGNPROTO_H
#define DRAY_SIGNPROTO_H

#define SIGN_RSA 1 /* rsa-sha256: PKCS #1 v1.5 (RFC 6376) */
#define SIGN_ED25519 2 /* ed25519-sha256: of the SHA-256 digest (RFC 8463) */
#define SIGN_RSA_SHA1 3 /* rsa-sha1: DomainKeys (RFC 4870), nothing else */

#define SIGN_DOMAINMAX 255
#define SIGN_SELECTORMAX 63
#define SIGN_DIGESTMAX 32
#define SIGN_SIGMAX 512 /* RSA of 4096 bits */
#define SIGN_AHEAD 4096

#endif
