/*
 * mergecode - the program that a template becomes (merge.h), and who writes
 * it.
 *
 * Numbers and strings are as field.h has them; "str8" is a length in one octet
 * and its octets.
 *
 *   u8     MERGE_VERSION
 *   u16    how many names, and for each: u8 its uses (MERGE_VALUE ...), str
 *          the name, which has no dots but for ".", u8 1 if it has a default,
 *          str the default
 *   u16    how many texts, and for each a str: its operations
 *   items  up to the end; what a message consists of, in order
 *
 * Operations of a text, up to its end:
 *   'L' str              octets as they are: UTF-8, lines end in CRLF
 *   'V' u8 PATH          a value; 1: it is not escaped in HTML
 *   'J' u8               a value of the job: MERGECODE_TOKEN ...
 *   'S' PATH u32         a section, and how many octets of operations it has
 *   'I' PATH u32         an inverted section
 *   'P' u16              another text, a partial
 *   PATH: u16 the number of a name, u8 how many members deeper, a str8 each
 *
 * Items:
 *   'R' str              lines of a message
 *   'M'                  in the header of a multipart: Content-Transfer-Encoding,
 *                        if a text that follows is 8bit
 *   'T' u8 u16           Content-Transfer-Encoding, an empty line, and a text.
 *                        Flags: MERGECODE_HTML, MERGECODE_INNER
 *   'H' str8 u16         a field of the header, its name and text: a text of
 *                        no structure, with encoded words (RFC 2047)
 *   'U' str8 u16         a field with URIs or ids in it, which values are
 *                        percent-encoded for
 *   'A' str8 u16         a field with so many mailboxes, and for each u16 the
 *                        text of its display name (MERGECODE_NONE: none), u16
 *                        the text of its address
 *
 * Writing:
 *   mergecode_new(), mergecode_free(c)
 *   mergecode_default(c, s, n, value, len)  0, or -1 EEXIST
 *   mergecode_name(c, s, n, use)  the number of a name, which now has this use,
 *                                 too; -1 there are too many
 *   mergecode_text(c)             the number of a new text; -1 too many
 *   mergecode_ops(c, i)           its operations, to append to; the next call
 *                                 of mergecode_text may move it
 *   mergecode_items(c)            the items, to append to
 *   mergecode_end(c, out)         appends the program; 0, or -1 EMSGSIZE
 */
#ifndef DRAY_MERGECODE_H
#define DRAY_MERGECODE_H

#include <stddef.h>

#include <skalibs/stralloc.h>

#define MERGECODE_TOKEN 0
#define MERGECODE_RECIPIENT 1
#define MERGECODE_DATE 2
#define MERGECODE_JOBMAX 2

#define MERGECODE_HTML 1
#define MERGECODE_INNER 2 /* inside a multipart: a line end follows */

#define MERGECODE_NONE 0xffff
#define MERGECODE_MAILBOXES 100

struct mergecode;

struct mergecode *mergecode_new(void);
void mergecode_free(struct mergecode *c);
int mergecode_default(struct mergecode *c, const char *s, size_t n,
    const char *value, size_t len);
int mergecode_name(
    struct mergecode *c, const char *s, size_t n, unsigned int use);
int mergecode_text(struct mergecode *c);
stralloc *mergecode_ops(struct mergecode *c, int i);
stralloc *mergecode_items(struct mergecode *c);
int mergecode_end(struct mergecode *c, stralloc *out);

#endif
