/*
 * smtpreply - the replies of an SMTP server, read as they trickle in (RFC 5321
 * 4.2, RFC 2034).
 *
 *   smtpreply_init(r)         before the first octet, and after each reply
 *   smtpreply_next(r, p, n)   takes octets from *p, which moves on with *n.
 *       SMTPREPLY_MORE  all were taken and the reply is not complete
 *       SMTPREPLY_LINE  a line has ended that is not the last one
 *       SMTPREPLY_DONE  the last line has ended
 *       SMTPREPLY_BAD   this is not SMTP, or too much of it; r->why says how.
 *                       It stays bad
 *   smtpreply_forget(r)       drops the text so far, for a caller who looks at
 *       each line by itself (the extensions in the reply to EHLO)
 *
 * After LINE and DONE r->code is that of the line (200 to 599) and the text of
 * the line lies at r->text + r->line, up to r->len.  After DONE r->text, r->len
 * is the text of all lines, as it came, without codes, a space between two
 * lines; r->status is the enhanced status at its beginning ("5.1.1") or "".
 *
 * Understood: lines that end in LF alone, a code without text, lines of any
 * length up to SMTPREPLY_MAX.  The text is kept up to SMTPREPLY_TEXTMAX octets
 * and cut there: a reply whose text runs over is still a reply.  Bad are: a
 * line without a code, a code outside 200 to 599, codes that differ in their
 * first digit, over SMTPREPLY_LINES lines, more than about SMTPREPLY_MAX octets.
 *
 * The text is the peer's: it may hold any octet but LF, also NUL.
 */
#ifndef DRAY_SMTPREPLY_H
#define DRAY_SMTPREPLY_H

#include <stddef.h>
#include <stdint.h>

#define SMTPREPLY_TEXTMAX 1024
#define SMTPREPLY_LINES 512
#define SMTPREPLY_MAX (2u << 20) /* octets of one reply */
#define SMTPREPLY_STATUSMAX 12 /* with its zero octet */

enum smtpreply_result {
	SMTPREPLY_MORE,
	SMTPREPLY_LINE,
	SMTPREPLY_DONE,
	SMTPREPLY_BAD,
};

struct smtpreply {
	uint16_t code;
	uint16_t lines;
	uint32_t octets; /* of the reply so far */
	uint8_t at; /* place in the line: 0 to 3, then the text */
	uint8_t more; /* this line says that another follows */
	uint16_t cr; /* CRs that may belong to the line end */
	uint16_t first; /* code of the first line */
	uint16_t line; /* where this line's text begins */
	uint16_t len;
	const char *why; /* of BAD */
	char status[SMTPREPLY_STATUSMAX];
	char text[SMTPREPLY_TEXTMAX];
};

void smtpreply_init(struct smtpreply *r);
enum smtpreply_result smtpreply_next(struct smtpreply *r, const char **p,
    size_t *n) __attribute__((warn_unused_result));
void smtpreply_forget(struct smtpreply *r);

#endif
