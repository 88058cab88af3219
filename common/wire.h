/*
 * wire - message octets in the form in which SMTP carries them: lines of at
 * most 998 octets that end in CRLF, and each line that starts with a dot
 * gets one more (RFC 5321 4.5.2, 4.5.3.1.6).
 *
 *   wire_init(w)              before the first octet of a message
 *   wire_feed(w, in, n, out)  checks n more octets, CRLF line ends and not
 *       dot-stuffed, in pieces of any size, and appends them dot-stuffed to
 *       out.  0, or -1 with errno: EILSEQ when the message cannot be sent;
 *       then w->error says why, and every later call fails the same way.
 *       ENOMEM; then w is of no use any more.
 *   wire_end(w, out)          after the last octet.  Appends CRLF when the
 *       last line lacks it.  Results as wire_feed.
 *   wire_strerror(error)      "bare CR" and so on, for a reply or a log line
 *
 * Afterwards w->octets counts the octets appended to out, w->stuffed the dots
 * among them that were added (octets - stuffed is what BDAT sends), w->lines
 * the complete lines, and w->header8 and w->body8 say whether an octet over
 * 127 occurs before and after the empty line that ends the header (a message
 * with body8 needs 8BITMIME).  On error w->lines + 1 is the line at fault.
 *
 * One call appends at most 2n + 2 octets.  The caller bounds n and the size
 * of the whole; nothing else is kept between calls than the struct.
 *
 *   wire_dot(s, n)            the first dot with a LF before it, both among the n
 *       octets; or NULL
 *
 *   wire_unstuff_init(u)      before the first octet
 *   wire_unstuff(u, in, n, out)  takes n more octets of the stuffed form and
 *       writes them without the added dots to out, which has room for n octets
 *       and may be in itself.  Returns how many it wrote.  Cannot fail.
 */
#ifndef DRAY_WIRE_H
#define DRAY_WIRE_H

#include <stddef.h>
#include <stdint.h>

#include <skalibs/stralloc.h>

#define WIRE_LINEMAX 998 /* octets of a line without its CRLF, RFC 5322 2.1.1 */

enum wire_error {
	WIRE_GOOD,
	WIRE_BARECR, /* a CR that no LF follows */
	WIRE_BARELF, /* a LF that no CR precedes */
	WIRE_NUL,
	WIRE_LONG, /* a line over WIRE_LINEMAX */
};

struct wire {
	uint64_t octets;
	uint64_t stuffed;
	uint64_t lines;
	enum wire_error error;
	unsigned int line; /* octets of the unfinished line, no CR */
	unsigned int high; /* not 0: an octet over 127 in this part */
	uint8_t cr; /* the last octet fed was a CR */
	uint8_t inbody;
	uint8_t header8;
	uint8_t body8;
};

struct wire_unstuff {
	uint8_t midline; /* the next octet does not begin a line */
};

void wire_init(struct wire *w);
int wire_feed(struct wire *w, const char *in, size_t n, stralloc *out)
    __attribute__((warn_unused_result));
int wire_end(struct wire *w, stralloc *out) __attribute__((warn_unused_result));
const char *wire_strerror(enum wire_error error);
const char *wire_dot(const char *s, size_t n);
void wire_unstuff_init(struct wire_unstuff *u);
size_t wire_unstuff(
    struct wire_unstuff *u, const char *in, size_t n, char *out);

#endif
