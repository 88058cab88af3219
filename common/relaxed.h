/*
 * relaxed - the relaxed forms of DKIM (RFC 6376 3.4.2, 3.4.4), as they go into
 * a digest.
 *
 *   relaxed_field(d, f)       a field of a header, without a line end
 *
 *   relaxed_start(b)          before the first octet of a body
 *   relaxed_stuffed(b)        and its lines have an additional dot where they
 *                             begin with one (wire.h), which does not count
 *   relaxed_body(b, d, s, n)  n more octets, in pieces of any size
 *   relaxed_end(b, d)         after the last
 *
 * Lines have to end in CRLF, and CR and LF to stand nowhere else, which is what
 * wire.h makes sure of; the last line may lack its end.  Where that does not
 * hold what comes out is some digest, and nothing worse.
 */
#ifndef DRAY_RELAXED_H
#define DRAY_RELAXED_H

#include <stddef.h>
#include <stdint.h>

#include "common/digest.h"
#include "common/header.h"

struct relaxed {
	uint64_t blank; /* empty lines that count if more follows */
	uint8_t text; /* this line has had something else than white space */
	uint8_t begun; /* it has had anything */
	uint8_t wsp; /* white space came, which counts if more follows */
	uint8_t cr;
	uint8_t stuffed;
};

void relaxed_field(struct digest *d, const struct header_field *f);
void relaxed_start(struct relaxed *b);
void relaxed_stuffed(struct relaxed *b);
void relaxed_body(struct relaxed *b, struct digest *d, const char *s, size_t n);
void relaxed_end(struct relaxed *b, struct digest *d);

#endif
