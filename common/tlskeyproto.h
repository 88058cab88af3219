/*
 * tlskeyproto - what dray-smtpd asks dray-tlskey: certificates, signatures by
 * their keys, and secrets for session tickets.
 *
 * dray-tlskey listens on BASE/sock/tlskey, for clients of its own group only.
 * Frames as in frame.h, fields as in field.h, in the order given; "str" is a
 * string of at most so many octets.
 *
 * dray-tlskey to client, at first and whenever they change
 *
 *   'L' LIST: u32 n.  So many CHAINs follow, in the order of the policy.  They
 *       take the place of all that was before once they are all there
 *   'C' CHAIN: u32 id, u8 n (1 to TLSKEY_DEPTHMAX), and n times str
 *       TLSKEY_DERMAX: certificates (DER), that of the server first
 *   'T' TICKETS: u8 n (1 to TLSKEY_TICKETS), and n times TLSKEY_NAME octets of
 *       name, TLSKEY_SECRET octets for AES-256, TLSKEY_SECRET octets for HMAC.
 *       New tickets are made with the first; the others can still be read
 *
 * client to dray-tlskey
 *
 *   'S' SIGN: u32 number (the client's), u32 id of a chain, u8 hash (TLSKEY_SHA*),
 *       u8 padding (TLSKEY_PSS, or 0: PKCS #1 v1.5 for an RSA key, none for
 *       another), str TLSKEY_TEXTMAX what is to be signed
 *
 * dray-tlskey to client, in the order of the questions
 *
 *   'S' SIGNED: u32 number, str TLSKEY_SIGMAX signature.  It is empty when there
 *       is no such key, or the key cannot sign like that
 *
 * What is signed is hashed by dray-tlskey.  So no client can have a key do
 * anything but make signatures: an RSA key decrypts nothing.  An id means the
 * same key for good; that of a chain that was replaced is known until the next
 * time.
 */
#ifndef DRAY_TLSKEYPROTO_H
#define DRAY_TLSKEYPROTO_H

#define TLSKEY_SHA256 1
#define TLSKEY_SHA384 2
#define TLSKEY_SHA512 3

#define TLSKEY_PSS 1 /* the salt is as long as the hash */

#define TLSKEY_CHAINS 256
#define TLSKEY_DEPTHMAX 8 /* certificates of a chain */
#define TLSKEY_DERMAX 16000 /* octets of one */
#define TLSKEY_TEXTMAX 1024
#define TLSKEY_SIGMAX 2048 /* RSA of 16384 bits */
#define TLSKEY_TICKETS 3
#define TLSKEY_NAME 16
#define TLSKEY_SECRET 32
#define TLSKEY_LIFE 3600 /* seconds until tickets are made with other secrets */

#endif
