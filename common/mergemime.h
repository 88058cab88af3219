/*
 * mergemime - the parts of a template (RFC 2045, RFC 2046).
 *
 *   mergemime_read(m, s, n)  s has CRLF line ends.  0, or -1 EINVAL: m->why,
 *                            and m->at, where
 *   mergemime_free(m)
 *
 * parts[0] is the message, and what is inside a part comes behind it, in order.
 * A multipart/signed or multipart/encrypted is taken as one part, as a message
 * inside is.
 */
#ifndef DRAY_MERGEMIME_H
#define DRAY_MERGEMIME_H

#include <stddef.h>

#include "common/header.h"

#define MERGEMIME_PARTS 256
#define MERGEMIME_DEPTH 16
#define MERGEMIME_BOUNDARY 200

struct mergemime_part {
	const char *head; /* fields */
	size_t head_len; /* without the empty line */
	const char *body;
	size_t body_len; /* without the line end that belongs to a boundary */
	size_t next; /* the part behind it and all that is inside */
	int ismulti;
	int isattached; /* Content-Disposition: attachment */
	char type[64]; /* "" none */
	char charset[64];
	char encoding[32];
	char boundary[MERGEMIME_BOUNDARY + 1];
};

struct mergemime {
	struct mergemime_part *parts;
	size_t nparts;
	const char *why;
	const char *at;
};

int mergemime_read(struct mergemime *m, const char *s, size_t n)
    __attribute__((warn_unused_result));
void mergemime_free(struct mergemime *m);

#endif
