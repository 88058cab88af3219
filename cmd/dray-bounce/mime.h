/*
 * mime - the parts of a returned message, decoded, as a flat list.
 *
 *   mime_bound(s, n)      how many of the n octets at s can be given to GMime,
 *                         which recurses and has no bounds: so many that there
 *                         are at most REPORT_DEPTH * 2 levels, MIME_LINES
 *                         boundaries and MIME_FIELDS fields in a header
 *   mime_open()           once, before anything else of a process
 *   mime_read(w, s, n)    fills w->piece from a message of n octets, that has
 *                         been bounded; w->arena keeps what they point to
 *
 *   charset_open()        opens the character sets that are known, for good
 *   charset_text(a, name, s, n, n_r)
 *                         n octets of text in that character set as UTF-8, at
 *                         most REPORT_TEXT octets.  What is no UTF-8 and says
 *                         so, or says nothing, is taken for ISO 8859-1
 *   html_text(a, s, n, n_r)  HTML as plain text: no tags, lines where blocks
 *                         end, the commonest entities
 *
 * A piece is a leaf, or the header of a message that is a part itself; level is
 * how many messages it is in, besides the one that came.
 */
#ifndef DRAY_BOUNCE_MIME_H
#define DRAY_BOUNCE_MIME_H

#include <stddef.h>

#include "cmd/dray-bounce/arena.h"
#include "cmd/dray-bounce/report.h"

#define MIME_LINES 1024
#define MIME_FIELDS 2000

enum mime_what {
	MIME_TEXT, /* of any kind, in UTF-8, with LF */
	MIME_HTML, /* the same, that was HTML */
	MIME_STATUS, /* message/delivery-status */
	MIME_FEEDBACK, /* message/feedback-report */
	MIME_NOTICE, /* message/disposition-notification */
	MIME_HEADER, /* text/rfc822-headers, or that of message/rfc822 */
	MIME_OTHER, /* only its type */
};

struct mime_piece {
	enum mime_what what;
	unsigned int level;
	const char *type; /* "text/plain", in lower case */
	const char *name; /* of a file, or "" */
	const char *s;
	size_t n;
	size_t offset; /* of a message that is a part; 0 unknown */
};

struct mime {
	struct arena *arena;
	int cut;
	const char *type; /* of the message itself */
	const char *report_type;
	size_t npiece;
	struct mime_piece piece[REPORT_PARTS];
};

size_t mime_bound(const char *s, size_t n);
void mime_open(void);
void mime_read(struct mime *w, const char *s, size_t n);

void charset_open(void);
const char *charset_text(
    struct arena *a, const char *name, const char *s, size_t n, size_t *n_r);
const char *html_text(struct arena *a, const char *s, size_t n, size_t *n_r);

#endif
