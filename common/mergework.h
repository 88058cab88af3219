/*
 * mergework - the inside of mergecompile.h: a template on its way into a
 * program.
 *
 * What does not vary gathers in w->raw, as lines that end in CRLF, until an
 * item that does comes.
 *
 *   mergework_wrong(w, at, why)    an error, at a place in the template; -1
 *   mergework_inside(w, at, part)  the error of w->x, of a text that begins at
 *                                  this place, or if at is NULL in what part
 *                                  says; -1
 *   mergework_flush(w)             what has gathered, as an item
 *   mergework_field(w, f, istop)   a field, as its kind allows; istop: of the
 *                                  message, not of a part.  0 or -1
 *   mergework_keep(w, f)           a field as it is; 0 or -1
 *   mergework_type(w, head, n, charset, boundary)
 *       the Content-Type of a header, or one of plain text, with another
 *       charset or boundary
 *   mergework_parts(w)             all parts; 0 or -1
 */
#ifndef DRAY_MERGEWORK_H
#define DRAY_MERGEWORK_H

#include <stddef.h>

#include <skalibs/stralloc.h>

#include "common/header.h"
#include "common/mergecompile.h"
#include "common/mergemime.h"
#include "common/mustache.h"

/* What becomes of a part. */
struct mergework_plan {
	int varies; /* it has a text, or a part that varies is inside */
	int isplace; /* the text stands in the template as it is */
	stralloc text; /* of a part that varies: UTF-8, with CRLF */
};

struct mergework {
	struct mergecompile *c;
	const char *s; /* the template, with CRLF */
	size_t n;
	struct mergemime mime;
	struct mergework_plan *plans; /* one a part */
	struct mustache x;
	stralloc raw;
	unsigned int boundaries;
};

int mergework_wrong(struct mergework *w, const char *at, const char *why);
int mergework_inside(struct mergework *w, const char *at, const char *part);
void mergework_flush(struct mergework *w);
int mergework_keep(struct mergework *w, const struct header_field *f)
    __attribute__((warn_unused_result));
int mergework_field(struct mergework *w, const struct header_field *f,
    int istop) __attribute__((warn_unused_result));
void mergework_type(struct mergework *w, const char *head, size_t n,
    const char *charset, const char *boundary);
int mergework_parts(struct mergework *w) __attribute__((warn_unused_result));

#endif
