/*
 * mimefix - re-encodes those parts of a message that have lines over 998
 * octets, or a CR that does not end a line, and leaves all others alone
 * (RFC 2045, RFC 2046).
 *
 *   text in 7bit, 8bit, binary   becomes quoted-printable
 *   quoted-printable             gets soft line breaks
 *   base64                       is wrapped
 *   multipart                    goes into its parts; preamble and epilogue
 *                                are wrapped
 *   message/rfc822               goes into the message
 *   other message types          long lines are folded like header fields
 *
 * Refused, because it would change what the message says: an unknown
 * encoding, a part of a multipart/signed, a multipart without a boundary, a
 * header line without white space to fold at, over MIMEFIX_DEPTH levels.
 *
 * How to use it: the caller reads the header, and gives each field to
 * mimefix_field.  mimefix_plan says what will become of the body, so that the
 * caller can write the header to suit (MIMEFIX_QP: with
 * "Content-Transfer-Encoding: quoted-printable" in place of the old field).
 * mimefix_body then writes the body.
 *
 *   mimefix_init(m)
 *   mimefix_field(m, f)
 *   mimefix_plan(m, s, n)       0 and m->plan, or -1 EILSEQ and m->why
 *   mimefix_body(m, o, s, n)    0, or -1 with errno: EILSEQ and m->why, or
 *                               that of o->put
 *
 * s is in memory as a whole; the work is linear in n for each level.
 */
#ifndef DRAY_MIMEFIX_H
#define DRAY_MIMEFIX_H

#include <stddef.h>

#include "common/header.h"
#include "common/recode.h"

#define MIMEFIX_DEPTH 16
#define MIMEFIX_BOUNDARY 200 /* RFC 2046 5.1.1 allows 70 */

enum mimefix_plan {
	MIMEFIX_PLAIN, /* only line ends */
	MIMEFIX_QP,
	MIMEFIX_REQUOTE,
	MIMEFIX_REWRAP,
	MIMEFIX_FOLD,
	MIMEFIX_MULTI,
	MIMEFIX_MESSAGE,
};

struct mimefix {
	enum mimefix_plan plan;
	const char *why;
	unsigned int depth;
	int is_signed; /* inside a multipart/signed */
	int digest; /* inside a multipart/digest */
	char type[64];
	char encoding[32];
	char boundary[MIMEFIX_BOUNDARY + 1];
};

void mimefix_init(struct mimefix *m);
void mimefix_field(struct mimefix *m, const struct header_field *f);
int mimefix_plan(struct mimefix *m, const char *s, size_t n)
    __attribute__((warn_unused_result));
int mimefix_body(struct mimefix *m, const struct recode_out *o, const char *s,
    size_t n) __attribute__((warn_unused_result));

#endif
