/*
 * header - the header of a message or of a MIME part (RFC 5322 2.2, RFC 2045).
 *
 * Works over memory that the caller keeps.  Lines end in LF or CRLF, mixed as
 * they come; CRs before a LF belong to the line end.
 *
 *   header_next(p, end, f_r)  the field at *p, which moves past it: 1, or 0
 *       when the header has ended.  Then *p is where the body begins: past the
 *       empty line, at a line that is no field, or at end.
 *   header_nextline(p, end)  past the line that begins at p
 *   header_is(f, name)        1 if the field has this name, in any case
 *   header_starts(f, prefix)  1 if its name begins so
 *   header_token(f, buf, max) the first token of a structured field, in lower
 *       case and without comments ("text/plain", "7bit"), cut to max - 1
 *       octets; "" if there is none
 *   header_param(f, name, buf, max)  the value of a parameter ("boundary"),
 *       unquoted.  1, or 0 not there or longer than max - 1.  RFC 2231
 *       continuations are not joined.
 */
#ifndef DRAY_HEADER_H
#define DRAY_HEADER_H

#include <stddef.h>

struct header_field {
	const char *s; /* the name; the whole field with its line ends */
	size_t len;
	size_t name_len;
	const char *value; /* after the colon, folded, without the last LF */
	size_t value_len;
};

int header_next(const char **p, const char *end, struct header_field *f_r);
const char *header_nextline(const char *p, const char *end);
int header_is(const struct header_field *f, const char *name);
int header_starts(const struct header_field *f, const char *prefix);
void header_token(const struct header_field *f, char *buf, size_t max);
int header_param(
    const struct header_field *f, const char *name, char *buf, size_t max);

#endif
